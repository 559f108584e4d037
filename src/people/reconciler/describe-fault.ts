import { MatrixError, TransportError } from '../../matrix/errors.ts';

/** What went wrong with a call, for the ledger: neither tokens nor bodies are in it. */
export function describeFault(fault: unknown): string {
  if (fault instanceof MatrixError) {
    return `The homeserver answered ${fault.status} ${fault.errcode}: ${fault.error}`;
  }
  return fault instanceof Error ? fault.message : 'Something went wrong.';
}

/** Whether a fault is the homeserver's or the session's as a whole, so that going on with others is of no use. */
export function isFaultOfAll(fault: unknown): fault is MatrixError | TransportError {
  if (fault instanceof TransportError) return fault.kind === 'unreachable';
  if (fault instanceof MatrixError) return fault.status === 401 || !fault.json;
  return false;
}

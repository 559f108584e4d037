import { Failure, type FailureCode } from '../../../errors.ts';
import type { DaemonAnswer } from './call-daemon.ts';

const failures: Readonly<Record<number, FailureCode>> = {
  401: 'unauthorized',
  403: 'operator_only',
  404: 'not_found',
  409: 'state_conflict',
};

/** @throws Failure unless the daemon did it */
export function needDone({ status, body }: DaemonAnswer): void {
  if (status < 300) return;
  const words = /"detail":"((?:[^"\\]|\\.)*)"/.exec(body)?.[1];
  throw new Failure(failures[status] ?? 'storage_failed', {
    detail: words ?? `The daemon answered ${status}.`,
  });
}

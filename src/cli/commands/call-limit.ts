import type { CliContext } from '../context.ts';

/** Several calls to a homeserver in a row, some of them slow: a person waits this long, in milliseconds, and no longer. */
const callsMsMax = 60_000;

/** Ends what a command waits for: when the user interrupts it, or after a minute. */
export function callLimit(context: CliContext): AbortSignal {
  return AbortSignal.any([context.signal, AbortSignal.timeout(callsMsMax)]);
}

import { Failure } from '../errors.ts';

/**
 * What `work` comes to, waited for until `signal` aborts; the work itself goes on.
 * @throws Failure homeserver_unreachable when it was waited for in vain
 */
export async function untilAborted<Value>(
  work: Promise<Value>,
  signal: AbortSignal,
): Promise<Value> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => {
    const detail = 'Encryption was not ready in time.';
    reject(new Failure('homeserver_unreachable', { detail, cause: signal.reason }));
  };
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

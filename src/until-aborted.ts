/**
 * What `work` comes to, waited for until `signal` aborts; the work itself goes on.
 * @throws what `lateFailure` makes of the signal's reason when it was waited for in vain
 */
export async function untilAborted<Result>(
  work: Promise<Result>,
  signal: AbortSignal,
  lateFailure: (reason: unknown) => Error,
): Promise<Result> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = (): void => reject(lateFailure(signal.reason));
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort);
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

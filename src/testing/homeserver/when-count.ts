import { systemClock } from '../../clock.ts';

/**
 * Resolves as soon as `count` is at least `wanted`; looks again whenever `listen` calls back.
 * @throws Error after `deadlineMs` of real time, whatever clock the homeserver has.
 */
export async function whenCount(
  count: () => number,
  wanted: number,
  listen: (listener: () => void) => () => void,
  deadlineMs: number,
): Promise<void> {
  if (count() >= wanted) return;
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const unlisten = listen(() => {
    if (count() >= wanted) resolve();
  });
  const cancel = systemClock.after(deadlineMs, () =>
    reject(new Error(`After ${deadlineMs} ms there are ${count()} of ${wanted}.`)),
  );
  try {
    await promise;
  } finally {
    cancel();
    unlisten();
  }
}

import { expect, it } from 'vitest';
import { Mutex } from './mutex.ts';

const { signal } = new AbortController();

it('work is done one at a time, in order, also after a failure', async () => {
  const mutex = new Mutex();
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await Promise.resolve();
    log.push(`${name} ends`);
    if (name === 'a') throw new Error('broken');
  };
  const a = mutex.run(work('a'), signal).catch(() => undefined);
  await Promise.all([a, mutex.run(work('b'), signal), mutex.run(work('c'), signal)]);
  expect(log).toEqual(['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
});

it('who gives up waiting leaves the others their turns', async () => {
  const mutex = new Mutex();
  const held = Promise.withResolvers<string>();
  const given = new AbortController();
  const a = mutex.run(async () => await held.promise, signal);
  const b = mutex.run(async () => await Promise.resolve('b'), given.signal);
  const c = mutex.run(async () => await Promise.resolve('c'), signal);
  given.abort();
  await expect(b).rejects.toMatchObject({ code: 'homeserver_unreachable' });
  held.resolve('a');
  expect(await Promise.all([a, c])).toEqual(['a', 'c']);
});

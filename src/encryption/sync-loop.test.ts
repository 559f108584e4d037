import { expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { MatrixError, TransportError } from '../matrix/errors.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { SyncLoop } from './sync-loop.ts';

type Outcome = Error | 'moved' | 'idle' | { readonly tookMs: number };

/** Runs a loop through `outcomes` on a clock on which every wait is over at once; the waits in milliseconds. */
async function waitsOf(outcomes: readonly Outcome[], chance = 0): Promise<number[]> {
  const waits: number[] = [];
  const end = new AbortController();
  let now = 0;
  let syncs = 0;
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    after(delayMs, run) {
      waits.push(delayMs);
      now += delayMs;
      queueMicrotask(run);
      return () => undefined;
    },
  };
  const sync = async (): Promise<boolean> => {
    await Promise.resolve();
    const outcome = outcomes[syncs++];
    if (outcome instanceof Error) throw outcome;
    if (typeof outcome === 'object') now += outcome.tookMs;
    if (outcome === undefined) end.abort();
    return outcome === 'moved';
  };
  const loop = new SyncLoop({ sync, clock, random: () => chance, onTrouble: () => undefined });
  await loop.run(end.signal);
  return waits;
}

const down = new TransportError('unreachable', 'GET /sync', 'ECONNREFUSED');
const limited = new MatrixError('GET /sync', {
  status: 429,
  errcode: 'M_LIMIT_EXCEEDED',
  error: 'Too Many Requests',
  json: true,
  retryAfterMs: 7_000,
});

it('failures are waited out ever longer, up to five minutes', async () => {
  const waits = await waitsOf(Array.from({ length: 12 }, () => down));
  expect(waits.slice(0, 5)).toEqual([1_000, 1_000, 2_000, 4_000, 8_000]);
  expect(waits.at(-1)).toBe(150_000);
  expect(
    (
      await waitsOf(
        Array.from({ length: 12 }, () => down),
        0.999999,
      )
    ).at(-1),
  ).toBeCloseTo(300_000, -1);
});

it('a success lets the next failure begin with a short wait', async () => {
  expect(await waitsOf([down, down, down, 'moved', down])).toEqual([1_000, 1_000, 2_000, 1_000]);
});

it('a homeserver or an engine that asks for time gets it', async () => {
  const paused = new Failure('encryption_crashed', { retryAfterMs: 9_000 });
  expect(await waitsOf([limited, paused])).toEqual([7_000, 9_000]);
});

it('a homeserver that does not wait for news is asked once a second', async () => {
  expect(await waitsOf(['idle', 'moved', { tookMs: 30_000 }])).toEqual([1_000]);
});

it('it says what is the matter, and when it is over', async () => {
  const said: unknown[] = [];
  const end = new AbortController();
  let syncs = 0;
  const clock = new ManualClock();
  const waiting = Promise.withResolvers<void>();
  const loop = new SyncLoop({
    sync: async () => {
      await Promise.resolve();
      if (++syncs === 1) throw down;
      end.abort();
      return true;
    },
    clock: {
      now: () => clock.now(),
      monotonic: () => clock.monotonic(),
      after(delayMs, run) {
        waiting.resolve();
        return clock.after(delayMs, run);
      },
    },
    random: () => 0,
    onTrouble: (error) => said.push(error),
  });
  const running = loop.run(end.signal);
  await waiting.promise;
  loop.wake();
  await running;
  expect(said).toEqual([down, undefined]);
  expect(clock.monotonic()).toBe(0);
});

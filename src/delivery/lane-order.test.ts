import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outbox } from '../outbox/outbox.ts';
import { openInlineStore } from '../store/sqlite/open-inline-store.ts';
import { openSqliteStore } from '../store/sqlite/open-sqlite-store.ts';
import type { SqliteStoreOptions } from '../store/sqlite/store-options.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Dispatcher } from './dispatcher.ts';
import {
  accept,
  limits,
  newFile,
  ScriptedSender,
  settleAll,
  silent,
} from './dispatcher-steps.contract.ts';

/** What may come of an attempt; a lane that is never refused stays open for all that comes. */
const scripts = {
  troubled: [
    'delivered',
    'delivered',
    'delivered',
    'failed',
    'taken-unanswered',
    'limited',
    'away',
    'room-closed',
  ],
  smooth: ['delivered'],
} as const;

interface Play {
  readonly rooms: number;
  readonly steps: number;
  readonly seed: number;
  readonly script: keyof typeof scripts;
}

const play: fc.Arbitrary<Play> = fc.record({
  rooms: fc.integer({ min: 1, max: 6 }),
  steps: fc.integer({ min: 1, max: 60 }),
  seed: fc.nat(),
  script: fc.constantFrom('troubled', 'smooth', 'smooth'),
});

const turns = async (count: number) => {
  for (let n = 0; n < count; n++) await new Promise<void>((resolve) => setImmediate(resolve));
};

/**
 * Accepts while lanes are closed, open or dry, for one room or several, here and in another process; what each room got,
 * and what it should have got.
 */
async function perform(
  { rooms, steps, seed, script }: Play,
  open: (options: SqliteStoreOptions) => Promise<Outbox>,
) {
  const clock = new ManualClock();
  const random = seededRandom(seed);
  const below = (bound: number) => Math.floor(random() * bound);
  const options = { file: newFile(), limits, clock, pollMs: 10 };
  const queue = await open(options);
  const outside = openInlineStore(options);
  const kinds = scripts[script];
  const sender = new ScriptedSender(() => kinds[below(kinds.length)] ?? 'delivered');
  const dispatcher = new Dispatcher({ queue, sender, clock, random, events: silent });
  await dispatcher.start();
  const expected = new Map<string, string[]>();
  for (let step = 0; step < steps; step++) {
    const to = Array.from({ length: below(8) === 0 ? 2 : 1 }, () => `!r${below(rooms)}:x`);
    const txnIds = await accept(below(10) === 0 ? outside : queue, to, clock.now());
    for (const [index, room] of to.entries()) {
      expected.set(room, [...(expected.get(room) ?? []), txnIds[index] ?? '']);
    }
    await turns(below(4));
    clock.advance(below(3) * 10);
  }
  await settleAll(queue, clock);
  await dispatcher.stop(1_000);
  await outside.close();
  await queue.close();
  return {
    got: Object.fromEntries(sender.taken),
    expected: Object.fromEntries(expected),
    requests: sender.requests,
  };
}

describe('every lane keeps its order and every entry is single', () => {
  it.each<[string, number, (options: SqliteStoreOptions) => Promise<Outbox>]>([
    ['at once', 40, async (options) => await Promise.resolve(openInlineStore(options))],
    ['from a thread of its own', 15, openSqliteStore],
  ])(
    'whatever comes of them and whenever they come, with a store that answers %s',
    async (_, runs, open) => {
      await fc.assert(
        fc.asyncProperty(play, async (one) => {
          const { got, expected, requests } = await perform(one, open);
          expect(got).toEqual(expected);
          if (one.script === 'smooth') expect(requests).toBe(Object.values(got).flat().length);
        }),
        { numRuns: runs },
      );
    },
    60_000,
  );
});

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import type { LaneKey } from '../outbox/entry.ts';
import type { ClaimedEntry, Outbox, Target } from '../outbox/outbox.ts';
import { openInlineStore } from '../store/sqlite/open-inline-store.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Outcome } from './outcome.ts';
import type { Completion, Finding, Opening, Sender } from './sender.ts';

const silent: DeliveryEvents = {
  attempted: () => undefined,
  settled: () => undefined,
  laneWaits: () => undefined,
  roomUpgraded: () => undefined,
  storeFailed: () => undefined,
};

/** A homeserver reduced to what matters here: it takes each transaction id once, and misbehaves as told. */
class ScriptedSender implements Sender {
  /** Transaction ids in the order in which each room first took them. */
  readonly taken = new Map<string, string[]>();
  readonly #script: (entry: ClaimedEntry) => Outcome['kind'] | 'taken-unanswered';
  requests = 0;

  constructor(script: (entry: ClaimedEntry) => Outcome['kind'] | 'taken-unanswered') {
    this.#script = script;
  }

  domain(): string {
    return 'https://hs';
  }

  async open(key: LaneKey): Promise<Opening> {
    return { ok: true, target: { roomId: key.room, deviceId: 'DEV' } };
  }

  mayLeaveAsAccepted(): boolean {
    return true;
  }

  mustComplete(): boolean {
    return false;
  }

  async complete(entry: ClaimedEntry): Promise<Completion> {
    return { ok: true, content: entry.content.toString(), sealed: false };
  }

  async lookUp(): Promise<Finding> {
    return { kind: 'absent' };
  }

  async send(entry: ClaimedEntry, target: Target): Promise<Outcome> {
    this.requests++;
    await new Promise<void>((resolve) => setImmediate(resolve));
    const error = 'scripted';
    const kind = this.#script(entry);
    switch (kind) {
      case 'delivered':
        this.#take(target.roomId, entry.txnId);
        return { kind, eventId: `$${entry.txnId}` };
      case 'taken-unanswered':
        this.#take(target.roomId, entry.txnId);
        return { kind: 'failed', error, unknown: true };
      case 'limited':
        return { kind, retryAfterMs: 3_000, error };
      case 'failed':
        return { kind, error, unknown: false };
      case 'dead':
        return { kind, reason: 'invalid', error };
      case 'away':
      case 'room-closed':
      case 'cannot-encrypt':
      case 'account-blocked':
        return { kind, error };
    }
  }

  #take(room: string, txnId: string): void {
    const taken = this.taken.get(room) ?? [];
    if (!taken.includes(txnId)) taken.push(txnId);
    this.taken.set(room, taken);
  }
}

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

function openOutbox(clock: ManualClock): Outbox {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-dispatcher-'));
  dirs.push(dir);
  const limits = { queued: 100_000, queuedPerSource: 100_000 };
  return openInlineStore({ file: join(dir, 'outbox.db'), limits, clock });
}

let lastId = 0;
async function accept(outbox: Outbox, rooms: readonly string[], createdAt: number) {
  const id = `01${String(++lastId).padStart(24, '0')}`;
  const entries = rooms.map((room, i) => ({
    lane: { account: 'main', room },
    txnId: `${id}.${i}`,
    type: 'm.room.message',
    content: '{"body":"x","msgtype":"m.text"}',
  }));
  await outbox.accept({ id, source: 's', createdAt, entries });
  return entries.map((entry) => entry.txnId);
}

/** Moves time on until nothing is owed. */
async function settleAll(outbox: Outbox, clock: ManualClock): Promise<void> {
  for (let round = 0; round < 5_000; round++) {
    for (let turn = 0; turn < 20; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const counts = await outbox.counts();
    if (counts.oldestPendingAt === undefined) return;
    clock.advance(10_000);
  }
  throw new Error('entries are still owed after half a day');
}

describe('the dispatcher', () => {
  it('keeps every lane in order and every entry single, whatever the outcomes', async () => {
    const kinds = [
      'delivered',
      'delivered',
      'delivered',
      'failed',
      'taken-unanswered',
      'limited',
      'away',
      'room-closed',
    ] as const;
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.integer({ min: 1, max: 40 }),
        fc.nat(),
        async (roomCount, count, seed) => {
          const clock = new ManualClock();
          const random = seededRandom(seed);
          const outbox = openOutbox(clock);
          const sender = new ScriptedSender(
            () => kinds[Math.floor(random() * kinds.length)] ?? 'delivered',
          );
          const dispatcher = new Dispatcher({
            queue: outbox,
            sender,
            clock,
            random,
            events: silent,
          });
          await dispatcher.start();
          const expected = new Map<string, string[]>();
          for (let i = 0; i < count; i++) {
            const room = `!r${Math.floor(random() * roomCount)}:x`;
            const [txnId] = await accept(outbox, [room], clock.now());
            expected.set(room, [...(expected.get(room) ?? []), txnId ?? '']);
          }
          await settleAll(outbox, clock);
          await dispatcher.stop(1_000);
          await outbox.close();
          expect(Object.fromEntries(sender.taken)).toEqual(Object.fromEntries(expected));
        },
      ),
      { numRuns: 15 },
    );
  }, 30_000);

  it('lets a slow or closed room hold up no other', async () => {
    const clock = new ManualClock();
    const outbox = openOutbox(clock);
    const sender = new ScriptedSender((entry) =>
      entry.txnId.endsWith('.0') ? 'room-closed' : 'delivered',
    );
    const dispatcher = new Dispatcher({
      queue: outbox,
      sender,
      clock,
      random: () => 0.5,
      events: silent,
    });
    await dispatcher.start();
    for (let i = 0; i < 10; i++) await accept(outbox, ['!closed:x', '!open:x'], clock.now());
    for (let turn = 0; turn < 500; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    expect(sender.taken.get('!open:x')).toHaveLength(10);
    expect(sender.taken.get('!closed:x')).toBeUndefined();
    await dispatcher.stop(0);
    await outbox.close();
  });

  it('goes on with the next entry after a dead one', async () => {
    const clock = new ManualClock();
    const outbox = openOutbox(clock);
    let first = true;
    const sender = new ScriptedSender(() => {
      const kind = first ? 'dead' : 'delivered';
      first = false;
      return kind;
    });
    const dispatcher = new Dispatcher({
      queue: outbox,
      sender,
      clock,
      random: () => 0,
      events: silent,
    });
    await dispatcher.start();
    for (let i = 0; i < 3; i++) await accept(outbox, ['!r:x'], clock.now());
    await settleAll(outbox, clock);
    expect(sender.taken.get('!r:x')).toHaveLength(2);
    await dispatcher.stop(0);
    await outbox.close();
  });

  it('counts nothing while the homeserver is away for a simulated day, and then delivers all', async () => {
    const clock = new ManualClock();
    const outbox = openOutbox(clock);
    let away = true;
    const sender = new ScriptedSender(() => (away ? 'away' : 'delivered'));
    const random = seededRandom(1);
    const dispatcher = new Dispatcher({ queue: outbox, sender, clock, random, events: silent });
    await dispatcher.start();
    for (let i = 0; i < 50; i++) await accept(outbox, [`!r${i % 5}:x`], clock.now());
    for (let minute = 0; minute < 24 * 60; minute++) {
      clock.advance(60_000);
      for (let turn = 0; turn < 8; turn++) {
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
    expect(sender.requests).toBeLessThan(24 * 60);
    away = false;
    await settleAll(outbox, clock);
    const counts = await outbox.counts();
    expect(counts.entries).toEqual([{ source: 's', state: 'delivered', count: 50 }]);
    await dispatcher.stop(0);
    await outbox.close();
  });

  it('neither loses nor doubles anything when the wall clock jumps', async () => {
    const clock = new ManualClock();
    const outbox = openOutbox(clock);
    const random = seededRandom(7);
    const sender = new ScriptedSender(() => (random() < 0.3 ? 'taken-unanswered' : 'delivered'));
    const dispatcher = new Dispatcher({ queue: outbox, sender, clock, random, events: silent });
    await dispatcher.start();
    const sent: string[] = [];
    for (let i = 0; i < 60; i++) {
      sent.push(...(await accept(outbox, ['!r:x'], clock.now())));
      clock.jump((random() - 0.5) * 48 * 60 * 60_000);
      clock.advance(100);
    }
    await settleAll(outbox, clock);
    expect(sender.taken.get('!r:x')).toEqual(sent);
    await dispatcher.stop(0);
    await outbox.close();
  });

  it('ends an entry that fails for an hour while others are served, and so frees its room', async () => {
    const clock = new ManualClock();
    const outbox = openOutbox(clock);
    const [poison] = await accept(outbox, ['!poisoned:x'], clock.now());
    await accept(outbox, ['!poisoned:x'], clock.now());
    const sender = new ScriptedSender((entry) => (entry.txnId === poison ? 'failed' : 'delivered'));
    const random = seededRandom(3);
    const dispatcher = new Dispatcher({ queue: outbox, sender, clock, random, events: silent });
    await dispatcher.start();
    for (let minute = 0; minute < 180; minute++) {
      await accept(outbox, ['!healthy:x'], clock.now());
      clock.advance(60_000);
      for (let turn = 0; turn < 8; turn++) {
        await new Promise<void>((resolve) => setImmediate(resolve));
      }
    }
    const dead = await outbox.entries({ states: ['dead'], limit: 10 });
    expect(dead.map((entry) => entry.reason)).toEqual(['server-error']);
    expect(sender.taken.get('!poisoned:x')).toHaveLength(1);
    await dispatcher.stop(0);
    await outbox.close();
  });
});

import { describe, expect, it } from 'vitest';
import type { LaneKey } from '../outbox/entry.ts';
import type { ClaimedEntry, DeliveryQueue, Lane, LaneId } from '../outbox/outbox.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import { Dispatcher } from './dispatcher.ts';
import type { Outcome } from './outcome.ts';
import type { Sender } from './sender.ts';

const silent: DeliveryEvents = {
  attempted: () => undefined,
  settled: () => undefined,
  laneWaits: () => undefined,
  roomUpgraded: () => undefined,
  storeFailed: ({ cause }) => {
    throw cause;
  },
};

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** As many lanes as asked for, each with so many entries, kept in memory. */
function queueOf(
  lanes: readonly Lane[],
  entriesEach = 1,
): { queue: DeliveryQueue; owed: Set<number> } {
  const seqsOf = (lane: number) =>
    Array.from({ length: entriesEach }, (_, i) => (lane - 1) * entriesEach + i + 1);
  const owed = new Set<number>(lanes.flatMap(({ id }) => seqsOf(id)));
  const entryOf = (seq: number): ClaimedEntry => ({
    seq,
    id: `E${seq}-1`,
    notificationId: `E${seq}`,
    source: 's',
    txnId: `t${seq}`,
    type: 'm.room.message',
    content: Buffer.from('{}'),
    createdAt: 0,
    lateAfterMs: undefined,
    expireAt: undefined,
    accepted: undefined,
    sealedFor: undefined,
    hasAttachment: false,
    unknown: undefined,
    failures: { count: 0, since: undefined },
  });
  const queue: DeliveryQueue = {
    lanesWithWork: async () => await Promise.resolve([...lanes]),
    claim: async (lane, afterSeq, _target, max) => {
      const next = seqsOf(lane).filter((seq) => seq > afterSeq && owed.has(seq));
      return await Promise.resolve(next.slice(0, max).map(entryOf));
    },
    attachment: async () => await Promise.resolve(undefined),
    complete: async () => await Promise.resolve(),
    settle: async (settlements) => {
      for (const { seq } of settlements) owed.delete(seq);
      await Promise.resolve();
    },
    noteAbsent: async () => await Promise.resolve(),
    postpone: async () => await Promise.resolve(),
    release: async () => await Promise.resolve(),
    noteWait: async () => await Promise.resolve(),
    isKnownEvent: async () => await Promise.resolve(false),
    eventIdOf: async () => await Promise.resolve(undefined),
    onWork: () => () => undefined,
  };
  return { queue, owed };
}

function senderOf(send: (key: LaneKey) => Outcome | Promise<Outcome>): Sender {
  return {
    domain: (key) => (key.room.startsWith('!other') ? 'https://other' : 'https://hs'),
    open: async ({ room }) =>
      await Promise.resolve({ ok: true, target: { roomId: room, deviceId: 'D' } }),
    mayLeaveAsAccepted: () => true,
    mustComplete: () => false,
    complete: async ({ content }) =>
      await Promise.resolve({ ok: true, content: content.toString(), sealed: false }),
    send: async (_entry, _target, key) => {
      await turn();
      return await send(key);
    },
    lookUp: async () => await Promise.resolve({ kind: 'absent' }),
  };
}

const laneOf = (id: number, room: string, account = 'main'): Lane => ({
  id: id as LaneId,
  key: { account, room },
});

const error = 'scripted';

describe('many lanes', () => {
  it('all come through while limits and outages open and close around them', async () => {
    const lanes = Array.from({ length: 20_000 }, (_, i) =>
      laneOf(i + 1, `!r${i}`, `account${i % 3}`),
    );
    const { queue, owed } = queueOf(lanes);
    const random = seededRandom(11);
    const clock = new ManualClock();
    let troubles = 600;
    const sender = senderOf(() => {
      const kind = troubles-- > 0 ? Math.floor(random() * 4) : 0;
      if (kind === 1) return { kind: 'limited', retryAfterMs: 700, error };
      if (kind === 2) return { kind: 'away', error };
      if (kind === 3) return { kind: 'failed', error, unknown: false };
      return { kind: 'delivered', eventId: '$e' };
    });
    const dispatcher = new Dispatcher({ queue, sender, clock, random, events: silent });
    await dispatcher.start();
    for (let round = 0; round < 20_000 && owed.size > 0; round++) {
      for (let i = 0; i < 4; i++) await turn();
      clock.advance(500);
    }
    expect(owed.size).toBe(0);
    expect(dispatcher.waitingLanes()).toBe(0);
    await dispatcher.stop(0);
    expect(clock.waiting).toBe(0);
  }, 20_000);

  it('with much to say let one that waits have its turn after 64 entries', async () => {
    const lanes = Array.from({ length: 65 }, (_, i) => laneOf(i + 1, `!r${i}`));
    const { queue, owed } = queueOf(lanes, 200);
    const sent = new Map<string, number>();
    let sentBefore: number[] = [];
    const sender = senderOf(({ room }) => {
      if (room === '!r64' && !sent.has(room)) sentBefore = [...sent.values()];
      sent.set(room, (sent.get(room) ?? 0) + 1);
      return { kind: 'delivered', eventId: '$e' };
    });
    const deps = { queue, sender, clock: new ManualClock(), random: () => 0, events: silent };
    const dispatcher = new Dispatcher(deps);
    await dispatcher.start();
    for (let i = 0; i < 1_000 && owed.size > 0; i++) await turn();
    expect(owed.size).toBe(0);
    expect(sentBefore).toHaveLength(64);
    expect(Math.max(...sentBefore)).toBeLessThanOrEqual(65);
    await dispatcher.stop(0);
  });

  it('of a homeserver that lets its callers wait take no place from another', async () => {
    const lanes = Array.from({ length: 200 }, (_, i) => laneOf(i + 1, `!slow${i}`));
    lanes.push(laneOf(201, '!other', 'second'));
    const { queue, owed } = queueOf(lanes);
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    let underWay = 0;
    const sender = senderOf(async ({ room }) => {
      if (room === '!other') return { kind: 'delivered', eventId: '$e' };
      underWay++;
      return await promise;
    });
    const deps = { queue, sender, clock: new ManualClock(), random: () => 0, events: silent };
    const dispatcher = new Dispatcher(deps);
    await dispatcher.start();
    for (let i = 0; i < 20; i++) await turn();
    expect(owed.has(201)).toBe(false);
    expect(underWay).toBe(64);
    resolve({ kind: 'delivered', eventId: '$e' });
    for (let i = 0; i < 50; i++) await turn();
    expect(owed.size).toBe(0);
    await dispatcher.stop(0);
  });
});

describe('a lane whose room is closed', () => {
  it('is tried again when it was woken while its attempt was under way', async () => {
    const { queue, owed } = queueOf([laneOf(1, '!r')]);
    const first = Promise.withResolvers<Outcome>();
    let requests = 0;
    const sender = senderOf(async () => {
      if (++requests === 1) return await first.promise;
      return { kind: 'delivered', eventId: '$e' };
    });
    const deps = { queue, sender, clock: new ManualClock(), random: () => 0, events: silent };
    const dispatcher = new Dispatcher(deps);
    await dispatcher.start();
    for (let i = 0; i < 5; i++) await turn();
    dispatcher.wake();
    first.resolve({ kind: 'room-closed', error });
    for (let i = 0; i < 10; i++) await turn();
    expect(owed.size).toBe(0);
    await dispatcher.stop(0);
  });
});

describe('lanes that wait for their account', () => {
  it('are each opened once when they are woken', async () => {
    const { queue, owed } = queueOf([1, 2, 3].map((id) => laneOf(id, `!r${id}`)));
    let requests = 0;
    const sender = senderOf(() =>
      ++requests <= 3
        ? { kind: 'limited', retryAfterMs: 60_000, error }
        : { kind: 'delivered', eventId: '$e' },
    );
    const opened: string[] = [];
    const open: Sender['open'] = async ({ room }) => {
      opened.push(room);
      return await Promise.resolve({ ok: true, target: { roomId: room, deviceId: 'D' } });
    };
    const deps = { queue, sender: { ...sender, open }, clock: new ManualClock(), random: () => 0 };
    const dispatcher = new Dispatcher({ ...deps, events: silent });
    await dispatcher.start();
    for (let i = 0; i < 10; i++) await turn();
    expect(dispatcher.waitingLanes()).toBe(3);
    opened.length = 0;
    dispatcher.wake();
    for (let i = 0; i < 20; i++) await turn();
    expect(owed.size).toBe(0);
    expect(opened).toEqual(['!r1', '!r2', '!r3']);
    await dispatcher.stop(0);
  });
});

describe('a lane that is woken whenever it opens', () => {
  it('sends all the same', async () => {
    const { queue, owed } = queueOf([laneOf(1, '!r')]);
    const sender = senderOf(() => ({ kind: 'delivered', eventId: '$e' }));
    const deps = { queue, sender, clock: new ManualClock(), random: () => 0, events: silent };
    const dispatcher = new Dispatcher(deps);
    const { open } = sender;
    let opened = 0;
    sender.open = async (...args) => {
      if (++opened < 100) dispatcher.wake();
      return await open(...args);
    };
    await dispatcher.start();
    for (let i = 0; i < 50; i++) await turn();
    expect(owed.size).toBe(0);
    expect(opened).toBeLessThan(3);
    await dispatcher.stop(0);
  });
});

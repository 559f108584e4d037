import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { seededRandom } from '../testing/seeded-random.ts';
import { Dispatcher } from './dispatcher.ts';
import {
  accept,
  openOutbox,
  ScriptedSender,
  settleAll,
  silent,
} from './dispatcher-steps.contract.ts';

describe('the dispatcher', () => {
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

import { describe, expect, it } from 'vitest';
import { ManualClock } from '../testing/manual-clock.ts';
import { alias, DeliveryStage } from './delivery-fixture.contract.ts';
import { Linger } from './linger.ts';

describe('a lane that ran dry', () => {
  it('goes on with what comes a moment later', async () => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    await stage.deliver(alias, '1');
    await stage.pointAlias(stage.room());
    stage.sender.refresh();
    await stage.deliver(alias, '2');
    expect(stage.bodies(first)).toEqual(['1', '2']);
  });

  it.each([
    ['is opened anew when the moment is over', (stage: DeliveryStage) => stage.clock.advance(50)],
    ['is opened anew when somebody wants it', (stage: DeliveryStage) => stage.dispatcher.wake()],
  ])('%s', async (_, end) => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    await stage.deliver(alias, '1');
    const second = stage.room();
    await stage.pointAlias(second);
    stage.sender.refresh();
    end(stage);
    await stage.deliver(alias, '2');
    expect(stage.bodies(first)).toEqual(['1']);
    expect(stage.bodies(second)).toEqual(['2']);
  });

  it('is opened anew once a second, however often more comes', async () => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    await stage.deliver(alias, '0');
    await stage.pointAlias(stage.room());
    stage.sender.refresh();
    for (let n = 1; n <= 60; n++) {
      stage.clock.advance(20);
      await stage.deliver(alias, String(n));
    }
    const { length } = stage.bodies(first);
    expect(length).toBeGreaterThan(40);
    expect(length).toBeLessThanOrEqual(53);
  });
});

describe('a lane for which more comes while it is busy', () => {
  it('is opened anew once a second all the same', async () => {
    await using stage = await DeliveryStage.started();
    const first = stage.room({ alias });
    await stage.deliver(alias, '0');
    await stage.pointAlias(stage.room());
    stage.sender.refresh();
    const accepted: Promise<string>[] = [];
    // The answer to the one before is still on its way.
    stage.homeserver.onEvent(() => {
      if (accepted.length >= 60) return;
      stage.clock.advance(20);
      accepted.push(stage.accept(alias, String(accepted.length + 2)));
    });
    await stage.accept(alias, '1');
    await stage.until(() => stage.said.settled.length === 62);
    const { length } = stage.bodies(first);
    expect(length).toBeGreaterThan(40);
    expect(length).toBeLessThanOrEqual(53);
  });
});

describe('lanes that wait for more', () => {
  it('share one timer, and none waits longer than twice its time', async () => {
    const clock = new ManualClock();
    const linger = new Linger(clock);
    const ends: number[] = [];
    const begin = (id: number) => {
      const lingering = linger.begin();
      void lingering.over.then(() => ends.push(id));
      return lingering;
    };
    begin(1);
    clock.advance(20);
    begin(2);
    const third = begin(3);
    expect(clock.waiting).toBe(1);
    clock.advance(10);
    third.end();
    await Promise.resolve();
    expect(ends).toEqual([3]);
    clock.advance(20);
    await Promise.resolve();
    expect(ends).toEqual([3, 1, 2]);
    expect(clock.waiting).toBe(0);
  });

  it('all end when their places are wanted', async () => {
    const clock = new ManualClock();
    const linger = new Linger(clock);
    const waits = [linger.begin(), linger.begin()];
    linger.endAll();
    await Promise.all(waits.map(({ over }) => over));
    expect(clock.waiting).toBe(0);
  });
});

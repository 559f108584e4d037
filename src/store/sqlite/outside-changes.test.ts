import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import { OutsideChanges } from './outside-changes.ts';

const pollMs = 250;
/** More than a look's answer takes to arrive. */
const turnsMax = 10;

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await Promise.resolve();
}

/** Looks that answer as the list says, one after the other. */
function lookThrough(answers: readonly (() => Promise<boolean>)[]) {
  const clock = new ManualClock();
  let looks = 0;
  const outside = new OutsideChanges(clock, pollMs, () => answers[looks++]?.() ?? never);
  const look = async (): Promise<void> => {
    clock.advance(pollMs);
    await turns(turnsMax);
  };
  return { clock, outside, look, looks: () => looks };
}

const never = new Promise<boolean>(() => {});
const again = () => Promise.resolve(true);
const enough = () => Promise.resolve(false);
const failed = () => Promise.reject(new Error('disk I/O error'));

describe('looks outside', () => {
  it('go on after one that failed', async () => {
    const { outside, look, looks } = lookThrough([failed, enough]);
    outside.start();
    await look();
    await look();
    expect(looks()).toBe(2);
  });

  it('end when nobody wants to know any more, and when they are closed', async () => {
    const { clock, outside, look, looks } = lookThrough([again, enough, again]);
    outside.start();
    for (let count = 0; count < 3; count++) await look();
    expect(looks()).toBe(2);
    outside.start();
    outside.close();
    outside.start();
    expect(clock.waiting).toBe(0);
  });

  it.each(Array.from({ length: turnsMax }, (_, turn) => turn))(
    'go on for whoever comes %i turns into the last one',
    async (turn) => {
      const { clock, outside, look, looks } = lookThrough([enough, enough]);
      outside.start();
      clock.advance(pollMs);
      await turns(turn);
      outside.start();
      await turns(turnsMax);
      await look();
      expect(looks()).toBe(2);
    },
  );
});

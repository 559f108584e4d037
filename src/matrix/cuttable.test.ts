import { getEventListeners } from 'node:events';
import { describe, expect, it } from 'vitest';
import { Cuttable } from './cuttable.ts';

class Exchange {
  cuts: unknown[] = [];

  cut(reason: string, cause: unknown): void {
    this.cuts.push([reason, cause]);
  }
}

describe('what is under way', () => {
  it('is cut when its signal aborts, with the cause, and nothing else is', () => {
    const cuttable = new Cuttable();
    const [one, other, ended] = [new Exchange(), new Exchange(), new Exchange()];
    const elsewhere = new Exchange();
    const stop = new AbortController();
    for (const exchange of [one, other, ended]) cuttable.add(exchange, stop.signal);
    cuttable.add(elsewhere, new AbortController().signal);
    cuttable.delete(ended, stop.signal);
    stop.abort('over');
    expect([one, other, ended, elsewhere].map(({ cuts }) => cuts)).toEqual([
      [['aborted', 'over']],
      [['aborted', 'over']],
      [],
      [],
    ]);
  });

  it('shares one listener, which the last one takes along', () => {
    const cuttable = new Cuttable();
    const { signal } = new AbortController();
    const exchanges = Array.from({ length: 20 }, () => new Exchange());
    for (const exchange of exchanges) cuttable.add(exchange, signal);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const exchange of exchanges) cuttable.delete(exchange, signal);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('is cut also when the one before it ends the moment it is cut', () => {
    const cuttable = new Cuttable();
    const stop = new AbortController();
    const last = new Exchange();
    const first = {
      cut: () => {
        cuttable.delete(first, stop.signal);
        cuttable.delete(first, stop.signal);
      },
    };
    cuttable.add(first, stop.signal);
    cuttable.add(last, stop.signal);
    stop.abort();
    expect(last.cuts).toHaveLength(1);
  });
});

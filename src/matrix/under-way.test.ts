import { getEventListeners } from 'node:events';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Endable, UnderWay } from './under-way.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

class Exchange implements Endable {
  readonly dueAt: number;
  place = 0;
  readonly signal: AbortSignal | undefined;
  readonly cuts: unknown[] = [];

  constructor(forMs: number, signal?: AbortSignal) {
    this.dueAt = performance.now() + forMs;
    this.signal = signal;
  }

  cut(reason: string, cause?: unknown): void {
    this.cuts.push(cause === undefined ? reason : [reason, cause]);
  }
}

function adding(all: UnderWay, forMs: number, signal?: AbortSignal): Exchange {
  const one = new Exchange(forMs, signal);
  all.add(one);
  return one;
}

const cutsOf = (exchanges: readonly Exchange[]) => exchanges.map(({ cuts }) => cuts);

describe('what is under way', () => {
  it('ends each when its own time is over, whatever the order in which they came', () => {
    const all = new UnderWay();
    const exchanges = [300, 100, 200, 100].map((forMs) => adding(all, forMs));
    vi.advanceTimersByTime(99);
    expect(cutsOf(exchanges)).toEqual([[], [], [], []]);
    vi.advanceTimersByTime(110);
    expect(cutsOf(exchanges)).toEqual([[], ['deadline'], ['deadline'], ['deadline']]);
    vi.advanceTimersByTime(100);
    expect(cutsOf(exchanges)).toEqual([['deadline'], ['deadline'], ['deadline'], ['deadline']]);
  });

  it('ends when its signal aborts, with the cause, and nothing else does', () => {
    const all = new UnderWay();
    const stop = new AbortController();
    const [one, other, ended] = [1, 2, 3].map(() => adding(all, 1_000, stop.signal));
    const elsewhere = adding(all, 1_000, new AbortController().signal);
    if (one === undefined || other === undefined || ended === undefined) throw new Error('few');
    all.delete(ended);
    stop.abort('over');
    expect(cutsOf([one, other, ended, elsewhere])).toEqual([
      [['aborted', 'over']],
      [['aborted', 'over']],
      [],
      [],
    ]);
    vi.advanceTimersByTime(2_000);
    expect(cutsOf([one, elsewhere])).toEqual([[['aborted', 'over']], ['deadline']]);
  });

  it('shares one timer and one listener, which the last one takes along', () => {
    const all = new UnderWay();
    const { signal } = new AbortController();
    const exchanges = Array.from({ length: 20 }, () => adding(all, 1_000, signal));
    expect(vi.getTimerCount()).toBe(1);
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    for (const exchange of exchanges) all.delete(exchange);
    expect(vi.getTimerCount()).toBe(0);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  it('goes on when one that is cut ends another, and adds a third', () => {
    const all = new UnderWay();
    const stop = new AbortController();
    const ended = new Exchange(100, stop.signal);
    const first = adding(all, 100, stop.signal);
    const added: Exchange[] = [];
    first.cut = () => {
      all.delete(first);
      all.delete(ended);
      added.push(adding(all, 50));
    };
    all.add(ended);
    stop.abort();
    vi.advanceTimersByTime(100);
    expect(ended.cuts).toEqual([]);
    expect(cutsOf(added)).toEqual([['deadline']]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is exactly what was added and has not ended', () => {
    fc.assert(
      fc.property(fc.array(fc.boolean(), { maxLength: 60 }), fc.nat(60), (ends, shift) => {
        const all = new UnderWay();
        const added = ends.map(() => adding(all, 10));
        const ended = added.filter((_, n) => ends[(n + shift) % ends.length]);
        for (const exchange of ended) all.delete(exchange);
        vi.advanceTimersByTime(20);
        const expected = added.map((exchange) => (ended.includes(exchange) ? [] : ['deadline']));
        expect(cutsOf(added)).toEqual(expected);
      }),
    );
  });
});

import type { EntryView } from '../../outbox/entry.ts';
import type { Executor } from './executor.ts';

interface Waiter {
  /** Places that are still owed. */
  readonly left: Set<number>;
  readonly woken: Promise<void>;
  readonly wake: () => void;
}

/** Tells callers in this process when the entries they wait for are settled. */
export class SettlementWatch {
  readonly #executor: Executor;
  readonly #waiters = new Map<number, Set<Waiter>>();
  /** Places settled while somebody is still asking which of his are owed; one set for each who asks. */
  readonly #asking = new Set<Set<number>>();
  readonly #waits = new Set<Promise<EntryView[]>>();
  readonly #stop = new AbortController();

  constructor(executor: Executor) {
    this.#executor = executor;
  }

  /** Whether anybody waits. */
  get isBusy(): boolean {
    return this.#waits.size > 0;
  }

  /** The views once none of the entries is owed any more, or as they are when `signal` aborts. */
  async whenSettled(entryIds: readonly string[], signal: AbortSignal): Promise<EntryView[]> {
    const wait = this.#wait(entryIds, AbortSignal.any([signal, this.#stop.signal]));
    this.#waits.add(wait);
    try {
      return await wait;
    } finally {
      this.#waits.delete(wait);
    }
  }

  /** Call it after the commit that settled these places. */
  noteSettled(seqs: readonly number[]): void {
    if (!this.isBusy) return;
    for (const seq of seqs) {
      for (const meanwhile of this.#asking) meanwhile.add(seq);
      for (const waiter of this.#waiters.get(seq) ?? []) {
        waiter.left.delete(seq);
        if (waiter.left.size === 0) waiter.wake();
      }
      this.#waiters.delete(seq);
    }
  }

  /** Call it when something may have been settled by others. */
  async recheck(): Promise<void> {
    const seqs = [...this.#waiters.keys()];
    if (seqs.length === 0) return;
    const pending = new Set(await this.#executor.run('pendingAmong', seqs));
    this.noteSettled(seqs.filter((seq) => !pending.has(seq)));
  }

  /** Lets everybody go, with the views as they are. */
  async close(): Promise<void> {
    this.#stop.abort();
    await Promise.allSettled(this.#waits);
  }

  async #wait(entryIds: readonly string[], signal: AbortSignal): Promise<EntryView[]> {
    if (!signal.aborted) await this.#settled(await this.#enlist(entryIds), signal);
    return await this.#executor.run('views', entryIds);
  }

  /** Asks what is owed, and waits for it from the very turn in which the answer comes: nothing settles between. */
  async #enlist(entryIds: readonly string[]): Promise<Waiter> {
    const meanwhile = new Set<number>();
    this.#asking.add(meanwhile);
    try {
      const owed = await this.#executor.run('pendingSeqs', entryIds);
      return this.#newWaiter(owed.filter((seq) => !meanwhile.has(seq)));
    } finally {
      this.#asking.delete(meanwhile);
    }
  }

  #newWaiter(seqs: readonly number[]): Waiter {
    const { promise: woken, resolve: wake } = Promise.withResolvers<void>();
    const waiter: Waiter = { left: new Set(seqs), woken, wake };
    for (const seq of seqs) {
      const waiters = this.#waiters.get(seq);
      if (waiters === undefined) this.#waiters.set(seq, new Set([waiter]));
      else waiters.add(waiter);
    }
    if (seqs.length === 0) wake();
    return waiter;
  }

  async #settled(waiter: Waiter, signal: AbortSignal): Promise<void> {
    const { left, woken, wake } = waiter;
    if (signal.aborted) wake();
    signal.addEventListener('abort', wake, { once: true });
    await woken;
    signal.removeEventListener('abort', wake);
    for (const seq of left) {
      const waiters = this.#waiters.get(seq);
      waiters?.delete(waiter);
      if (waiters?.size === 0) this.#waiters.delete(seq);
    }
  }
}

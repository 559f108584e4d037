/** What is under way and can be ended early. */
export interface Endable {
  /** On the scale of `performance.now()`, in milliseconds: then it ends. */
  readonly dueAt: number;
  /** Ends it when it aborts. */
  readonly signal: AbortSignal | undefined;
  /** Where it stands among all that is under way: kept by `UnderWay`. */
  place: number;
  cut(reason: 'deadline' | 'aborted', cause?: unknown): void;
}

interface Listener {
  readonly onAbort: () => void;
  waiting: number;
}

/** A timer may fire that much early, in milliseconds. */
const timerRoundingMs = 1;

/**
 * All that is under way, with one timer for all deadlines and one listener for each signal: requests come and go by
 * thousands in a second, and a timer and a listener of its own for each cost more than remembering it.
 *
 * A list, as a set leaves a table behind whenever it has seen as many come and go as it has room for: of those that have
 * grown old, V8 keeps all that was in them, and in their successors, until it next looks through the whole heap.
 */
export class UnderWay {
  readonly #all: Endable[] = [];
  readonly #listeners = new Map<AbortSignal, Listener>();
  #timer: NodeJS.Timeout | undefined;
  #firesAt = Number.POSITIVE_INFINITY;

  add(one: Endable): void {
    one.place = this.#all.length;
    this.#all.push(one);
    if (one.dueAt < this.#firesAt) this.#arm(one.dueAt);
    if (one.signal !== undefined) this.#listen(one.signal);
  }

  /** It ended. What is not under way any more is left alone. */
  delete(one: Endable): void {
    const { place, signal } = one;
    if (this.#all[place] !== one) return;
    const last = this.#all.pop();
    if (last !== undefined && last !== one) {
      last.place = place;
      this.#all[place] = last;
    }
    if (this.#all.length === 0) this.#disarm();
    if (signal !== undefined) this.#leave(signal);
  }

  #listen(signal: AbortSignal): void {
    let listener = this.#listeners.get(signal);
    if (listener === undefined) {
      const onAbort = (): void => {
        const cut = this.#all.filter((one) => one.signal === signal);
        for (const one of cut) this.#end(one, 'aborted', signal.reason);
      };
      listener = { onAbort, waiting: 0 };
      this.#listeners.set(signal, listener);
      signal.addEventListener('abort', onAbort);
    }
    listener.waiting++;
  }

  #leave(signal: AbortSignal): void {
    const listener = this.#listeners.get(signal);
    if (listener === undefined || --listener.waiting > 0) return;
    signal.removeEventListener('abort', listener.onAbort);
    this.#listeners.delete(signal);
  }

  #arm(firesAt: number): void {
    clearTimeout(this.#timer);
    this.#firesAt = firesAt;
    const forMs = Math.max(0, firesAt - performance.now()) + timerRoundingMs;
    this.#timer = setTimeout(() => this.#fire(), forMs);
  }

  #disarm(): void {
    clearTimeout(this.#timer);
    this.#firesAt = Number.POSITIVE_INFINITY;
  }

  #fire(): void {
    this.#disarm();
    const now = performance.now();
    const late = this.#all.filter((one) => one.dueAt <= now);
    for (const one of late) this.#end(one, 'deadline');
    let next = Number.POSITIVE_INFINITY;
    for (const { dueAt } of this.#all) next = Math.min(next, dueAt);
    if (next < this.#firesAt) this.#arm(next);
  }

  #end(one: Endable, reason: 'deadline' | 'aborted', cause?: unknown): void {
    // One that was cut before it may have ended it.
    if (this.#all[one.place] !== one) return;
    this.delete(one);
    one.cut(reason, cause);
  }
}

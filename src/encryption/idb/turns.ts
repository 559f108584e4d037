/** A transaction that waits for its turn. */
export interface TurnTaker {
  readonly databaseName: string;
  readonly mode: TransactionMode;
  /** Names of the object stores that it reads or writes. */
  readonly scope: ReadonlySet<string>;
  start(): void;
}

export type TransactionMode = 'readonly' | 'readwrite' | 'versionchange';

/**
 * Says which transactions run at the same time (Indexed Database API 3.0 §2.7.2), in the order in which they were made:
 * one writer in the whole file, as SQLite has one; readers wait for a writer of the same object stores, and it for them.
 */
export class Turns<Taker extends TurnTaker> {
  readonly #running = new Set<Taker>();
  #waiting: Taker[] = [];

  /** Those that have not ended. */
  get all(): readonly Taker[] {
    return [...this.#running, ...this.#waiting];
  }

  /** Starts it as soon as nothing is in its way, which may be before this returns. */
  enter(taker: Taker): void {
    this.#waiting.push(taker);
    this.#startWaiting();
  }

  leave(taker: Taker): void {
    this.#running.delete(taker);
    this.#waiting = this.#waiting.filter((waiting) => waiting !== taker);
    this.#startWaiting();
  }

  #startWaiting(): void {
    for (;;) {
      const next = this.#waiting.find((taker, at) => this.#mayStart(taker, at));
      if (next === undefined) return;
      this.#waiting = this.#waiting.filter((taker) => taker !== next);
      this.#running.add(next);
      // It may end at once and so come back here; the list is read anew each time.
      next.start();
    }
  }

  #mayStart(taker: Taker, at: number): boolean {
    const ahead = [...this.#running, ...this.#waiting.slice(0, at)];
    return !ahead.some((other) => isInTheWay(taker, other));
  }
}

function isInTheWay(one: TurnTaker, other: TurnTaker): boolean {
  if (one.mode === 'readonly' && other.mode === 'readonly') return false;
  if (one.mode !== 'readonly' && other.mode !== 'readonly') return true;
  if (one.databaseName !== other.databaseName) return false;
  const isUpgrade = one.mode === 'versionchange' || other.mode === 'versionchange';
  return isUpgrade || !one.scope.isDisjointFrom(other.scope);
}

import type { CoveredEntry, Lane, Work } from '../../outbox/outbox.ts';

export type WorkListener = (work: readonly Work[]) => void;

interface Rung extends Work {
  readonly covered: CoveredEntry[];
  more: boolean;
}

/** Tells listeners which lanes got work, once for all that is committed together. */
export class WorkBell {
  readonly #listeners = new Set<WorkListener>();
  #rung: Map<number, Rung> | undefined;

  /** Whether anybody listens. */
  get isBusy(): boolean {
    return this.#listeners.size > 0;
  }

  listen(listener: WorkListener): () => void {
    // The same function may listen twice; each ends for itself.
    const own: WorkListener = (work) => listener(work);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  /** @param covered - what came, if the lane's claim covers it; undefined: it is to be claimed */
  ring(lane: Lane, covered?: CoveredEntry): void {
    if (!this.isBusy) return;
    if (this.#rung === undefined) {
      this.#rung = new Map();
      // Replies to one batch are handled in one turn of the event loop.
      queueMicrotask(() => this.#tell());
    }
    let rung = this.#rung.get(lane.id);
    if (rung === undefined) {
      rung = { lane, covered: [], more: false };
      this.#rung.set(lane.id, rung);
    }
    if (covered === undefined) rung.more = true;
    else rung.covered.push(covered);
  }

  #tell(): void {
    const work = [...(this.#rung?.values() ?? [])];
    this.#rung = undefined;
    for (const listener of this.#listeners) listener(work);
  }
}

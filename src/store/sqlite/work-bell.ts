import type { Lane } from '../../outbox/outbox.ts';

export type WorkListener = (lanes: readonly Lane[]) => void;

/** Tells listeners which lanes got work, once for all that is committed together. */
export class WorkBell {
  readonly #listeners = new Set<WorkListener>();
  #rung: Map<number, Lane> | undefined;

  /** Whether anybody listens. */
  get isBusy(): boolean {
    return this.#listeners.size > 0;
  }

  listen(listener: WorkListener): () => void {
    // The same function may listen twice; each ends for itself.
    const own: WorkListener = (lanes) => listener(lanes);
    this.#listeners.add(own);
    return () => {
      this.#listeners.delete(own);
    };
  }

  ring(lane: Lane): void {
    if (!this.isBusy) return;
    if (this.#rung === undefined) {
      this.#rung = new Map();
      // Replies to one batch are handled in one turn of the event loop.
      queueMicrotask(() => this.#tell());
    }
    this.#rung.set(lane.id, lane);
  }

  #tell(): void {
    const lanes = [...(this.#rung?.values() ?? [])];
    this.#rung = undefined;
    for (const listener of this.#listeners) listener(lanes);
  }
}

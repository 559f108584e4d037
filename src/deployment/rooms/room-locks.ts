/** One at a time for each name: a room's state knows no compare-and-set, so whoever reads to write waits here. */
export class RoomLocks {
  readonly #tails = new Map<string, Promise<void>>();

  /** Runs `work` when all that was given before it for this name has ended, however it ended. */
  async run<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const before = this.#tails.get(name) ?? Promise.resolve();
    const result = before.then(work);
    const tail = result.then(ignore, ignore);
    this.#tails.set(name, tail);
    try {
      return await result;
    } finally {
      if (this.#tails.get(name) === tail) this.#tails.delete(name);
    }
  }
}

const ignore = (): void => undefined;

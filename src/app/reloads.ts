/** The two halves of a reload. */
export interface ReloadSteps<Wanted> {
  /** Reads and checks what is wanted from now on; it may take as long as a disk does, and changes nothing. */
  read(): Promise<Wanted>;
  /** Brings it into force, or rejects and has changed nothing. */
  change(wanted: Wanted): Promise<void>;
  /** Hears why a reload came to nothing. */
  refused(error: unknown): void;
}

/** Runs reloads one after the other until they are ended: nothing may change in a house that is being closed. */
export class Reloads<Wanted> {
  readonly #steps: ReloadSteps<Wanted>;
  #last: Promise<void> = Promise.resolve();
  #changing: Promise<void> = Promise.resolve();
  readonly #over = new AbortController();

  constructor(steps: ReloadSteps<Wanted>) {
    this.#steps = steps;
  }

  /** Resolves when this reload is over, whatever came of it. */
  async run(): Promise<void> {
    this.#last = this.#last.then(async () => await this.#reload());
    await this.#last;
  }

  /** From now on nothing is changed; resolves when nothing is being changed any more. Who still reads is not waited for. */
  async end(): Promise<void> {
    this.#over.abort();
    await this.#changing;
  }

  async #reload(): Promise<void> {
    const isOver = () => this.#over.signal.aborted;
    if (isOver()) return;
    try {
      const wanted = await this.#steps.read();
      if (isOver()) return;
      const change = this.#steps.change(wanted);
      this.#changing = change.catch(() => undefined);
      await change;
    } catch (error) {
      this.#steps.refused(error);
    }
  }
}

import type { UserId } from '../../matrix/ids.ts';

/** Who waits for news: a user, and the device that asks, if its token has one. */
export interface Recipient {
  readonly userId: UserId;
  readonly deviceId: string | undefined;
}

/** Whether something new may be of interest to a recipient. */
export type Concerns = (recipient: Recipient) => boolean;

/** The one order of everything that a sync tells of: events, keys, messages to devices, account data. */
export class Stream {
  readonly #listeners = new Set<(concerns: Concerns) => void>();
  #position = 0;

  /** The place of what came last; 0 before anything has happened. */
  get position(): number {
    return this.#position;
  }

  /** A place for something new; announce it once it can be seen. */
  next(): number {
    return ++this.#position;
  }

  /** Wakes those who wait for news. */
  announce(concerns: Concerns): void {
    for (const listener of this.#listeners) listener(concerns);
  }

  /** Calls `listener` with all news from now on. The returned function ends it. */
  onNews(listener: (concerns: Concerns) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

import { Failure } from '../errors.ts';
import type { SqliteStore } from '../store/sqlite/sqlite-store.ts';

/** An operation of the store that can be made to fail, or to wait. */
export type Operation =
  | 'settle'
  | 'postpone'
  | 'release'
  | 'complete'
  | 'claim'
  | 'remember'
  | 'rooms'
  | 'markEncrypted';

/** A call of the store that waits until it is let go. */
interface Held {
  /** Resolves once it was called. */
  readonly begun: Promise<void>;
  letGo(): void;
}

/** What goes wrong in a store. */
export class StoreFaults {
  /** Operations that fail as on a full disk as long as they are in here. */
  readonly broken: Set<string> = new Set<Operation>();
  readonly #held = new Map<string, { begin(): void; readonly goes: Promise<void> }>();

  /** The next call of this operation waits until it is let go. */
  hold(operation: Operation): Held {
    const begun = Promise.withResolvers<void>();
    const goes = Promise.withResolvers<void>();
    this.#held.set(operation, { begin: begun.resolve, goes: goes.promise });
    return { begun: begun.promise, letGo: goes.resolve };
  }

  /** The store, with these faults. */
  within(store: SqliteStore): SqliteStore {
    return new Proxy(store, {
      get: (target, property) => {
        const name = String(property);
        if (this.broken.has(name)) {
          return async () => await Promise.reject(new Failure('storage_full'));
        }
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        const held = this.#held.get(name);
        if (held === undefined) return value.bind(target);
        this.#held.delete(name);
        return async (...given: unknown[]): Promise<unknown> => {
          held.begin();
          await held.goes;
          return await Reflect.apply(value, target, given);
        };
      },
    });
  }
}

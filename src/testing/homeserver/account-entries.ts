import type { UserId } from '../../matrix/ids.ts';
import type { JsonObject } from './reply.ts';
import type { Stream } from './stream.ts';

interface Entry {
  readonly position: number;
  readonly content: JsonObject;
}

/** What users keep for themselves, client-server API §10.17; for the account alone, not for its rooms. */
export class AccountEntries {
  readonly #stream: Stream;
  readonly #users = new Map<UserId, Map<string, Entry>>();

  constructor(stream: Stream) {
    this.#stream = stream;
  }

  get(userId: UserId, type: string): JsonObject | undefined {
    return this.#users.get(userId)?.get(type)?.content;
  }

  put(userId: UserId, type: string, content: JsonObject): void {
    let entries = this.#users.get(userId);
    if (entries === undefined) {
      entries = new Map();
      this.#users.set(userId, entries);
    }
    entries.set(type, { position: this.#stream.next(), content });
    this.#stream.announce((recipient) => recipient.userId === userId);
  }

  /** As events, those set after `position`. */
  since(userId: UserId, position: number): readonly { type: string; content: JsonObject }[] {
    return [...(this.#users.get(userId) ?? [])]
      .filter(([, entry]) => entry.position > position)
      .map(([type, { content }]) => ({ type, content }));
  }

  /** Forgets all of a user's, as a deactivation does. */
  deleteUser(userId: UserId): void {
    this.#users.delete(userId);
  }
}

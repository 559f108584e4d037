import type { UserId } from '../../matrix/ids.ts';
import type { JsonObject } from './reply.ts';

/** Filters that users have stored; an id is a place in their owner's list, as in Synapse. */
export class Filters {
  readonly #users = new Map<UserId, JsonObject[]>();

  get(userId: UserId, filterId: string): JsonObject | undefined {
    return /^\d+$/.test(filterId) ? this.#users.get(userId)?.[Number(filterId)] : undefined;
  }

  /** The id of the filter; an equal one keeps its id. */
  add(userId: UserId, filter: JsonObject): string {
    const filters = this.#users.get(userId) ?? [];
    this.#users.set(userId, filters);
    const text = JSON.stringify(filter);
    const place = filters.findIndex((known) => JSON.stringify(known) === text);
    return String(place < 0 ? filters.push(filter) - 1 : place);
  }
}

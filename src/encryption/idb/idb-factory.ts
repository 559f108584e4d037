import { encodeKey } from './encode-key.ts';
import { IdbOpenDbRequest } from './idb-request.ts';
import { openIdbDatabase } from './open-idb-database.ts';
import type { Origin } from './origin.ts';

/** `IDBFactory` of the Indexed Database API 3.0 (§4.3), for databases that `route` finds by their names. */
export class IdbFactory {
  readonly #route: (name: string) => Origin;

  constructor(route: (name: string) => Origin) {
    this.#route = route;
  }

  /** @throws what `route` throws for a database it does not know */
  open(name: string, version?: number): IdbOpenDbRequest {
    if (version !== undefined && !(Number.isSafeInteger(version) && version >= 1)) {
      throw new TypeError('Versions are whole numbers from 1 on.');
    }
    const origin = this.#route(name);
    const request = new IdbOpenDbRequest();
    origin.inOrder(async () => await openIdbDatabase({ origin, name, version, request }));
    return request;
  }

  /** -1, 0 or 1, as the first key comes before, with, or after the second. */
  cmp(first: unknown, second: unknown): number {
    return Buffer.compare(encodeKey(first), encodeKey(second));
  }
}

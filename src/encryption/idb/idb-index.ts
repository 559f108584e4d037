import type { IdbObjectStore } from './idb-object-store.ts';
import { IdbSource } from './idb-source.ts';
import type { Origin } from './origin.ts';
import type { IndexShape, StoreShape } from './schema.ts';

interface IndexPlace {
  readonly store: StoreShape;
  readonly index: IndexShape;
}

/** `IDBIndex` of the Indexed Database API 3.0 (§4.6); a record has at most one key in it. */
export class IdbIndex extends IdbSource {
  readonly objectStore: IdbObjectStore;
  readonly keyPath: string | readonly string[];
  readonly unique: boolean;
  readonly multiEntry = false;

  constructor(origin: Origin, objectStore: IdbObjectStore, place: IndexPlace) {
    super(origin, objectStore.transaction, place);
    this.objectStore = objectStore;
    this.keyPath = place.index.keyPath;
    this.unique = place.index.unique;
  }
}

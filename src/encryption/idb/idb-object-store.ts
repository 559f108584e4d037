import { domError } from './dom-error.ts';
import { encodeKey } from './encode-key.ts';
import { IdbIndex } from './idb-index.ts';
import type { IdbRequest } from './idb-request.ts';
import { IdbSource } from './idb-source.ts';
import type { IdbTransaction } from './idb-transaction.ts';
import { boundsOf, boundsOrAll } from './key-bounds.ts';
import { NameList } from './name-list.ts';
import type { Origin } from './origin.ts';
import type { StoreShape } from './schema.ts';
import { encodeValue } from './value-codec.ts';

interface IndexParameters {
  readonly unique?: boolean;
  readonly multiEntry?: boolean;
}

/** `IDBObjectStore` of the Indexed Database API 3.0 (§4.5), with keys beside the values, made by the caller. */
export class IdbObjectStore extends IdbSource {
  readonly keyPath = null;
  readonly autoIncrement = false;
  readonly #store: StoreShape;

  constructor(origin: Origin, transaction: IdbTransaction, store: StoreShape) {
    super(origin, transaction, { store, index: undefined });
    this.#store = store;
  }

  get indexNames(): NameList {
    return NameList.sorted(this.#store.indexes.keys());
  }

  put(value: unknown, key: unknown): IdbRequest {
    return this.#put(value, key, true);
  }

  add(value: unknown, key: unknown): IdbRequest {
    return this.#put(value, key, false);
  }

  delete(query: unknown): IdbRequest {
    this.transaction.permit(true);
    const bounds = boundsOf(query);
    return this.#write(() => this.origin.records.delete(this.#store, bounds));
  }

  clear(): IdbRequest {
    const bounds = boundsOrAll(undefined);
    return this.#write(() => this.origin.records.delete(this.#store, bounds));
  }

  index(name: string): IdbIndex {
    const index = this.#store.indexes.get(name);
    if (index === undefined) throw domError('NotFoundError', `There is no index ${name}.`);
    return new IdbIndex(this.origin, this, { store: this.#store, index });
  }

  createIndex(
    name: string,
    keyPath: string | readonly string[],
    { unique = false, multiEntry = false }: IndexParameters = {},
  ): IdbIndex {
    const { transaction, origin } = this;
    if (transaction.mode !== 'versionchange') {
      throw domError('InvalidStateError', 'Indexes are made in an upgrade.');
    }
    if (!transaction.takesChanges) {
      throw domError('TransactionInactiveError', 'The transaction has ended.');
    }
    if (multiEntry) throw domError('NotSupportedError', 'A record has one key in an index.');
    if (this.#store.indexes.has(name)) {
      throw domError('ConstraintError', `There is an index ${name} already.`);
    }
    const index = origin.attempt(() =>
      origin.schema.createIndex(this.#store, { name, keyPath, unique }),
    );
    // As a request: a key that is there twice aborts the upgrade, and does not throw here (§4.5).
    this.#write(() => origin.records.fillIndex(this.#store, index));
    return this.index(name);
  }

  #put(value: unknown, key: unknown, replaces: boolean): IdbRequest {
    this.transaction.permit(true);
    const encoded = encodeKey(key);
    const bytes = encodeValue(value);
    return this.#write(() => {
      this.origin.records.put(this.#store, encoded, bytes, replaces);
      return key;
    });
  }

  #write(run: () => unknown): IdbRequest {
    return this.transaction.request(this, { isWrite: true, run });
  }
}

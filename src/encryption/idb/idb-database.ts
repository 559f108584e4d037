import { domError } from './dom-error.ts';
import { IdbObjectStore } from './idb-object-store.ts';
import type { IdbHandler } from './idb-request.ts';
import { IdbTransaction } from './idb-transaction.ts';
import { NameList } from './name-list.ts';
import type { Origin } from './origin.ts';
import type { DatabaseShape } from './schema.ts';

interface StoreParameters {
  readonly keyPath?: unknown;
  readonly autoIncrement?: boolean;
}

/** `IDBDatabase` of the Indexed Database API 3.0 (§4.4): a connection to one of the file's databases. */
export class IdbDatabase {
  readonly name: string;
  readonly #origin: Origin;
  onabort: IdbHandler = null;
  onclose: IdbHandler = null;
  onerror: IdbHandler = null;
  onversionchange: IdbHandler = null;
  /** The upgrade that is going on. */
  upgrade: IdbTransaction | undefined;
  #isClosed = false;

  constructor(origin: Origin, name: string) {
    this.#origin = origin;
    this.name = name;
    origin.connections.add(this);
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** What the tables say of this database now. */
  get shape(): DatabaseShape {
    const shape = this.#origin.schema.database(this.name);
    if (shape === undefined) throw domError('InvalidStateError', 'The database was not made.');
    return shape;
  }

  get version(): number {
    return this.shape.version;
  }

  get objectStoreNames(): NameList {
    return NameList.sorted(this.shape.stores.keys());
  }

  transaction(names: string | Iterable<string>, mode = 'readonly'): IdbTransaction {
    if (this.#isClosed || this.upgrade !== undefined) {
      throw domError('InvalidStateError', 'The connection is closed, or upgrades its database.');
    }
    const scope = new Set(typeof names === 'string' ? [names] : names);
    for (const name of scope) {
      if (!this.shape.stores.has(name)) throw domError('NotFoundError', `No object store ${name}.`);
    }
    if (scope.size === 0) throw domError('InvalidAccessError', 'No object store was named.');
    if (mode !== 'readonly' && mode !== 'readwrite') {
      throw new TypeError(`There is no transaction mode ${mode}.`);
    }
    const transaction = new IdbTransaction(this.#origin, this, scope, mode);
    transaction.enter();
    return transaction;
  }

  createObjectStore(name: string, parameters: StoreParameters = {}): IdbObjectStore {
    const upgrade = this.#activeUpgrade();
    if ((parameters.keyPath ?? null) !== null || parameters.autoIncrement === true) {
      throw domError('NotSupportedError', 'Keys are beside the values and made by the caller.');
    }
    if (this.shape.stores.has(name)) {
      throw domError('ConstraintError', `There is an object store ${name} already.`);
    }
    const { schema } = this.#origin;
    const store = this.#origin.attempt(() => schema.createStore(this.shape, name));
    upgrade.scope.add(name);
    return new IdbObjectStore(this.#origin, upgrade, store);
  }

  deleteObjectStore(name: string): void {
    const upgrade = this.#activeUpgrade();
    const store = this.shape.stores.get(name);
    if (store === undefined) throw domError('NotFoundError', `There is no object store ${name}.`);
    this.#origin.attempt(() => this.#origin.schema.deleteStore(this.shape, store));
    upgrade.scope.delete(name);
  }

  close(): void {
    this.#isClosed = true;
    this.#origin.connections.delete(this);
  }

  #activeUpgrade(): IdbTransaction {
    if (this.upgrade === undefined) {
      throw domError('InvalidStateError', 'Object stores are made and deleted in an upgrade.');
    }
    if (!this.upgrade.takesChanges) {
      throw domError('TransactionInactiveError', 'The transaction has ended.');
    }
    return this.upgrade;
  }
}

import { inspect } from 'node:util';
import type { Change, End, Operation, Query, Step } from './fuzz-script.contract.ts';

/** The part of IndexedDB that scripts use, whoever implements it. */
export interface Engine {
  readonly factory: { open(name: string, version?: number): OpenRequest };
  readonly keyRange: {
    lowerBound(key: unknown, open: boolean): unknown;
    upperBound(key: unknown, open: boolean): unknown;
    bound(low: unknown, high: unknown, lowOpen: boolean, highOpen: boolean): unknown;
  };
  readonly databaseName: string;
  /** Closes what is below the connections, and opens it again. */
  restart(): void;
}

interface Request {
  readonly result: unknown;
  readonly error: Error | null;
  readonly transaction: Transaction | null;
  onsuccess: (() => void) | null;
  onerror: (() => void) | null;
}
interface OpenRequest extends Request {
  onupgradeneeded: ((event: { oldVersion: number }) => void) | null;
}
interface Source {
  get(query: unknown): Request;
  getAll(query: unknown, count?: number): Request;
  getAllKeys(query: unknown, count?: number): Request;
  count(query: unknown): Request;
  openCursor(query: unknown): Request;
}
interface Store extends Source {
  readonly indexNames: Iterable<string>;
  put(value: unknown, key: unknown): Request;
  add(value: unknown, key: unknown): Request;
  delete(query: unknown): Request;
  clear(): Request;
  index(name: string): Source;
  createIndex(name: string, keyPath: string | string[], options: { unique: boolean }): unknown;
}
interface Transaction {
  readonly error: Error | null;
  oncomplete: (() => void) | null;
  onabort: (() => void) | null;
  onerror: (() => void) | null;
  objectStore(name: string): Store;
  commit(): void;
  abort(): void;
}
interface Database {
  readonly version: number;
  readonly objectStoreNames: Iterable<string>;
  transaction(scope: readonly string[], mode?: string): Transaction;
  createObjectStore(name: string): Store;
  deleteObjectStore(name: string): void;
  close(): void;
}
interface Cursor {
  readonly key: unknown;
  readonly primaryKey: unknown;
  readonly value: unknown;
  update(value: unknown): Request;
  delete(): Request;
  continue(): void;
}

const show = (value: unknown): string =>
  inspect(value, { depth: null, maxArrayLength: null, maxStringLength: null });
const nameOf = (error: unknown): string => (error instanceof Error ? error.name : show(error));

/** Plays a script on one implementation; what it returns is everything that could be seen. */
export class FuzzPlayer {
  readonly #engine: Engine;
  readonly #seen: string[] = [];
  #database: Database | undefined;
  #version = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  async play(script: readonly Step[]): Promise<readonly string[]> {
    for (const step of script) {
      this.#see(`step ${step.kind}`);
      if (step.kind === 'transaction') await this.#transaction(step);
      else if (step.kind === 'upgrade') await this.#upgrade(step.changes, step.end);
      else await this.#reopen();
    }
    await this.#reopen();
    await this.#lookAtAll();
    this.#database?.close();
    return this.#seen;
  }

  #see(what: string): void {
    this.#seen.push(what);
  }

  /** What `act` returns; undefined: it threw, which is seen. */
  #try<Result>(act: () => Result): Result | undefined {
    try {
      return act();
    } catch (thrown) {
      this.#see(`threw ${nameOf(thrown)}`);
      return undefined;
    }
  }

  async #reopen(): Promise<void> {
    this.#database?.close();
    this.#engine.restart();
    await this.#open(undefined, () => undefined);
  }

  async #upgrade(changes: readonly Change[], end: End): Promise<void> {
    this.#database?.close();
    const isOpen = await this.#open(this.#version + 1, (request) => {
      const { transaction } = request;
      if (transaction === null) return;
      transaction.onabort = () => this.#see(`upgrade aborted ${nameOf(transaction.error)}`);
      for (const change of changes) this.#change(request.result as Database, transaction, change);
      this.#end(transaction, end);
      if (end === 'throw') throw new Error('a mistake in a handler');
    });
    if (!isOpen) await this.#open(undefined, () => undefined);
  }

  async #open(
    version: number | undefined,
    upgrade: (request: OpenRequest) => void,
  ): Promise<boolean> {
    const request = this.#engine.factory.open(this.#engine.databaseName, version);
    request.onupgradeneeded = ({ oldVersion }) => {
      this.#see(`upgrade from ${oldVersion}`);
      upgrade(request);
    };
    const outcome = await settled(request);
    this.#see(`open ${outcome === 'success' ? 'success' : outcome}`);
    this.#database = outcome === 'success' ? (request.result as Database) : undefined;
    this.#version = this.#database?.version ?? this.#version;
    return this.#database !== undefined;
  }

  #change(database: Database, transaction: Transaction, change: Change): void {
    this.#try(() => {
      if (change.kind === 'create-store') database.createObjectStore(change.store);
      else if (change.kind === 'delete-store') database.deleteObjectStore(change.store);
      else if (change.kind === 'create-index') {
        const { store, index, keyPath, unique } = change;
        transaction.objectStore(store).createIndex(index, keyPath, { unique });
      } else void this.#operate(transaction, change.operation);
    });
  }

  async #transaction(step: Extract<Step, { kind: 'transaction' }>): Promise<void> {
    const transaction = this.#try(() => this.#database?.transaction(step.scope, step.mode));
    if (transaction === undefined) return;
    let errors = 0;
    // Without a handler it must go on just so.
    if (step.isPipelined) {
      transaction.onerror = () => {
        errors++;
      };
    }
    const ended = new Promise<string>((resolve) => {
      transaction.oncomplete = () => resolve('complete');
      transaction.onabort = () => resolve('abort');
    });
    const results = [];
    for (const operation of step.operations) {
      const result = this.#operate(transaction, operation);
      results.push(result);
      if (!step.isPipelined) await result;
    }
    // Here requests are done at once, so an abort finds none to take back.
    if (!(step.isPipelined && step.end === 'abort')) this.#end(transaction, step.end);
    for (const result of results) this.#see(await result);
    this.#see(`${await ended} ${nameOf(transaction.error)} after ${errors} errors`);
    this.#try(() => transaction.objectStore(step.scope[0] ?? ''));
    this.#try(() => transaction.commit());
  }

  #end(transaction: Transaction, end: End): void {
    this.#try(() => {
      if (end === 'commit') transaction.commit();
      if (end === 'abort') transaction.abort();
    });
  }

  async #operate(transaction: Transaction, operation: Operation): Promise<string> {
    try {
      const store = transaction.objectStore(operation.store);
      const query = this.#query(operation.query);
      const source = operation.index === undefined ? store : store.index(operation.index);
      if (operation.name === 'walk') return await this.#walk(source, query, operation);
      const request = requestOf(operation, store, source, query);
      const outcome = await settled(request);
      return outcome === 'success' ? show(request.result) : outcome;
    } catch (thrown) {
      return `threw ${nameOf(thrown)}`;
    }
  }

  #query(query: Query): unknown {
    const { keyRange } = this.#engine;
    switch (query.kind) {
      case 'all':
        return undefined;
      case 'key':
        return query.key;
      case 'lower':
        return keyRange.lowerBound(query.key, query.open);
      case 'upper':
        return keyRange.upperBound(query.key, query.open);
      case 'bound':
        return keyRange.bound(...query.keys, ...query.opens);
    }
  }

  async #walk(source: Source, query: unknown, operation: Operation): Promise<string> {
    const request = source.openCursor(query);
    const way: string[] = [];
    return await new Promise((resolve) => {
      request.onerror = () => resolve(`${way.join()} ${nameOf(request.error)}`);
      request.onsuccess = () => {
        const cursor = request.result as Cursor | null;
        if (cursor === null) {
          resolve(way.join());
          return;
        }
        way.push(show([cursor.key, cursor.primaryKey, cursor.value]));
        try {
          if (way.length % 2 === 0) alter(cursor, operation, way.length);
        } catch (thrown) {
          way.push(`threw ${nameOf(thrown)}`);
        }
        try {
          cursor.continue();
        } catch (thrown) {
          resolve(`${way.join()} threw ${nameOf(thrown)}`);
        }
      };
    });
  }

  async #lookAtAll(): Promise<void> {
    const database = this.#database;
    if (database === undefined) return;
    const names = [...database.objectStoreNames];
    this.#see(`version ${database.version} stores ${names.join()}`);
    if (names.length === 0) return;
    const transaction = database.transaction(names);
    for (const name of names) {
      const store = transaction.objectStore(name);
      const indexes = [...store.indexNames];
      for (const source of [store, ...indexes.map((index) => store.index(index))]) {
        const requests = [source.getAllKeys(undefined), source.getAll(undefined)];
        await Promise.all(requests.map(settled));
        for (const request of requests) this.#see(show(request.result));
      }
    }
  }
}

function alter(cursor: Cursor, operation: Operation, at: number): void {
  if (operation.onTheWay === 'delete') cursor.delete();
  if (operation.onTheWay !== 'update') return;
  // With a bound, as an index may lead to the changed record again.
  // The fake takes undefined for an argument that is missing.
  if (at < 10) cursor.update(operation.value ?? null);
}

function requestOf(operation: Operation, store: Store, source: Source, query: unknown): Request {
  const { name, key, value, countMax } = operation;
  switch (name) {
    case 'put':
      return store.put(value, key);
    case 'add':
      return store.add(value, key);
    case 'get':
      return source.get(query);
    case 'getAll':
      return source.getAll(query, countMax);
    case 'getAllKeys':
      return source.getAllKeys(query, countMax);
    case 'count':
      return source.count(query);
    case 'delete':
      return store.delete(query);
    case 'clear':
      return store.clear();
    case 'walk':
      return source.openCursor(query);
  }
}

async function settled(request: Request): Promise<string> {
  return await new Promise((resolve) => {
    request.onsuccess = () => resolve('success');
    request.onerror = () => resolve(`error ${nameOf(request.error)}`);
  });
}

import { domError } from './dom-error.ts';
import type { IdbDatabase } from './idb-database.ts';
import { IdbObjectStore } from './idb-object-store.ts';
import { type IdbHandler, IdbRequest } from './idb-request.ts';
import { NameList } from './name-list.ts';
import type { Origin } from './origin.ts';
import type { TransactionMode, TurnTaker } from './turns.ts';

/** What a request does when its transaction has its turn. */
export interface Job {
  readonly isWrite: boolean;
  readonly run: () => unknown;
}

/** Who opened a database, for which this transaction upgrades it. */
export interface UpgradeHooks {
  started(): void;
  ended(): void;
}

interface PendingJob {
  readonly request: IdbRequest;
  readonly job: Job;
}

/** `failed`: a request has failed and the transaction is about to be aborted, when that request's handlers know. */
type TransactionState = 'waiting' | 'active' | 'failed' | 'done';

/**
 * `IDBTransaction` of the Indexed Database API 3.0 (§4.9). Its requests are done at once while it has its turn, in order.
 * When `complete` is fired, what it wrote is on disk, unless it is part of a group. It commits by itself when nobody used
 * it for a whole turn of the event loop; a request that fails aborts it always.
 */
export class IdbTransaction implements TurnTaker {
  readonly db: IdbDatabase;
  readonly mode: TransactionMode;
  readonly durability = 'strict';
  readonly scope: Set<string>;
  readonly #origin: Origin;
  readonly #upgrade: UpgradeHooks | undefined;
  error: DOMException | null = null;
  oncomplete: IdbHandler = null;
  onabort: IdbHandler = null;
  onerror: IdbHandler = null;
  #state: TransactionState = 'waiting';
  #isCommitting = false;
  #hasBegun = false;
  #pending: PendingJob[] = [];
  #uses = 0;

  constructor(
    origin: Origin,
    db: IdbDatabase,
    scope: Iterable<string>,
    mode: TransactionMode,
    upgrade?: UpgradeHooks,
  ) {
    this.#origin = origin;
    this.db = db;
    this.scope = new Set(scope);
    this.mode = mode;
    this.#upgrade = upgrade;
  }

  get databaseName(): string {
    return this.db.name;
  }

  get objectStoreNames(): NameList {
    return NameList.sorted(this.scope);
  }

  /** Schemas can be changed; when a request has failed just now, in vain. */
  get takesChanges(): boolean {
    return !this.#isCommitting && (this.#state === 'active' || this.#state === 'failed');
  }

  objectStore(name: string): IdbObjectStore {
    this.#requireUnfinished();
    const store = this.scope.has(name) ? this.db.shape.stores.get(name) : undefined;
    if (store === undefined) {
      throw domError('NotFoundError', `The transaction has no object store ${name}.`);
    }
    return new IdbObjectStore(this.#origin, this, store);
  }

  commit(): void {
    this.#requireUnfinished();
    if (this.#isCommitting) throw domError('InvalidStateError', 'The transaction is committing.');
    this.#isCommitting = true;
    this.#commitIfActive();
  }

  abort(): void {
    this.#requireUnfinished();
    if (this.#isCommitting) throw domError('InvalidStateError', 'The transaction is committing.');
    this.#abort(null);
  }

  /** Aborts it, if it has not ended, and says why. */
  fail(error: DOMException): void {
    if (this.#state !== 'done') this.#abort(error);
  }

  /** Waits for its turn, which may come before this returns. */
  enter(): void {
    this.#origin.turns.enter(this);
  }

  start(): void {
    this.#state = 'active';
    this.#upgrade?.started();
    this.#commitWhenUnused();
    this.#runPending();
    if (this.#isCommitting) this.#commitIfActive();
  }

  /**
   * Begins to write, where that has not been done.
   * @throws Failure
   */
  begin(): void {
    if (this.#hasBegun) return;
    this.#origin.commits.begin();
    this.#hasBegun = true;
  }

  /** @throws DOMException TransactionInactiveError or ReadOnlyError: such a request cannot be made */
  permit(isWrite: boolean): void {
    if (this.#state === 'done' || this.#isCommitting) {
      throw domError('TransactionInactiveError', 'The transaction has ended.');
    }
    if (isWrite && this.mode === 'readonly') {
      throw domError('ReadOnlyError', 'The transaction only reads.');
    }
  }

  request(source: unknown, job: Job, request: IdbRequest = new IdbRequest()): IdbRequest {
    this.permit(job.isWrite);
    request.await(source, this);
    this.#uses++;
    this.#pending.push({ request, job });
    this.#runPending();
    return request;
  }

  #runPending(): void {
    while (this.#state === 'active') {
      const next = this.#pending.shift();
      if (next === undefined) return;
      this.#run(next);
    }
  }

  #run({ request, job }: PendingJob): void {
    try {
      if (job.isWrite) this.begin();
      request.settle(job.run(), null);
      queueMicrotask(() => {
        this.#uses++;
        request.fire();
      });
    } catch (thrown) {
      const error = this.#origin.domErrorOf(thrown);
      this.#state = 'failed';
      request.settle(undefined, error);
      queueMicrotask(() => {
        this.#fireError(request);
        this.fail(error);
      });
      // The library's own mistakes have names in IndexedDB; everything else is the file's trouble.
      if (!(thrown instanceof DOMException)) this.#origin.commits.fail(thrown);
    }
  }

  /** A turn of the event loop in which no request is made and no handler is called: nobody holds it any more. */
  #commitWhenUnused(): void {
    const uses = this.#uses;
    setImmediate(() => {
      if (this.#state !== 'active') return;
      if (uses === this.#uses) this.#commit();
      else this.#commitWhenUnused();
    });
  }

  #commitIfActive(): void {
    if (this.#state === 'active') this.#commit();
  }

  #commit(): void {
    try {
      if (this.#hasBegun) this.#origin.commits.keep();
    } catch (thrown) {
      this.#hasBegun = false;
      this.#abort(this.#origin.domErrorOf(thrown));
      return;
    }
    this.#finish('complete');
  }

  #abort(error: DOMException | null): void {
    this.error = error;
    for (const { request } of this.#pending.splice(0)) {
      request.settle(undefined, domError('AbortError', 'The transaction was aborted.'));
      queueMicrotask(() => this.#fireError(request));
    }
    if (this.#hasBegun) this.#origin.commits.drop();
    if (this.mode === 'versionchange' && this.#origin.commits.failure === undefined) {
      this.#origin.schema.load();
    }
    this.#finish('abort');
  }

  /** Errors of requests come to their transaction, too. */
  #fireError(request: IdbRequest): void {
    const event = request.fire();
    this.onerror?.(event);
  }

  #finish(type: 'complete' | 'abort'): void {
    this.#state = 'done';
    queueMicrotask(() => {
      const event = { type, target: this };
      if (type === 'complete') this.oncomplete?.(event);
      else this.onabort?.(event);
      this.#upgrade?.ended();
    });
    this.#origin.turns.leave(this);
  }

  #requireUnfinished(): void {
    if (this.#state === 'done') throw domError('InvalidStateError', 'The transaction has ended.');
  }
}

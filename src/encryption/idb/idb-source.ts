import { domError } from './dom-error.ts';
import { IdbCursorWithValue } from './idb-cursor.ts';
import { IdbRequest } from './idb-request.ts';
import type { IdbTransaction } from './idb-transaction.ts';
import { boundsOf, boundsOrAll, type KeyBounds } from './key-bounds.ts';
import type { Origin } from './origin.ts';
import type { RecordSource } from './records.ts';

/** What an object store and an index have in common: records that can be read in the order of keys. */
export abstract class IdbSource {
  readonly transaction: IdbTransaction;
  protected readonly origin: Origin;
  protected readonly from: RecordSource;

  protected constructor(origin: Origin, transaction: IdbTransaction, from: RecordSource) {
    this.origin = origin;
    this.transaction = transaction;
    this.from = from;
  }

  get name(): string {
    return (this.from.index ?? this.from.store).name;
  }

  get(query: unknown): IdbRequest {
    return this.#read(query, boundsOf, (bounds) => this.origin.records.first(this.from, bounds));
  }

  getAll(query?: unknown, countMax?: number): IdbRequest {
    return this.#read(query, boundsOrAll, (bounds) =>
      this.origin.records.values(this.from, bounds, limitOf(countMax)),
    );
  }

  getAllKeys(query?: unknown, countMax?: number): IdbRequest {
    return this.#read(query, boundsOrAll, (bounds) =>
      this.origin.records.keys(this.from, bounds, limitOf(countMax)),
    );
  }

  count(query?: unknown): IdbRequest {
    return this.#read(query, boundsOrAll, (bounds) => this.origin.records.count(this.from, bounds));
  }

  openCursor(query?: unknown, direction = 'next'): IdbRequest {
    if (direction !== 'next') throw domError('NotSupportedError', 'Cursors only go forward.');
    this.transaction.permit(false);
    const request = new IdbRequest();
    const cursor = new IdbCursorWithValue({
      origin: this.origin,
      source: this,
      from: this.from,
      bounds: boundsOrAll(query),
      request,
    });
    return cursor.open();
  }

  #read(
    query: unknown,
    toBounds: (query: unknown) => KeyBounds,
    run: (bounds: KeyBounds) => unknown,
  ): IdbRequest {
    // First whether it may be asked, then whether it makes sense, as the specification has it.
    this.transaction.permit(false);
    const bounds = toBounds(query);
    return this.transaction.request(this, { isWrite: false, run: () => run(bounds) });
  }
}

/** None, and zero, mean all of them (§4.5 getAll). */
function limitOf(countMax: number | undefined): number | undefined {
  return countMax === undefined || countMax === 0 ? undefined : countMax;
}

import { domError } from './dom-error.ts';
import { encodeKey } from './encode-key.ts';
import type { IdbRequest } from './idb-request.ts';
import type { IdbSource } from './idb-source.ts';
import { boundsOf, type KeyBounds } from './key-bounds.ts';
import type { Origin } from './origin.ts';
import type { CursorRecord, RecordSource } from './records.ts';
import { encodeValue } from './value-codec.ts';

interface CursorOptions {
  readonly origin: Origin;
  readonly source: IdbSource;
  readonly from: RecordSource;
  readonly bounds: KeyBounds;
  readonly request: IdbRequest;
}

/** `IDBCursor` of the Indexed Database API 3.0 (§4.8), forward only. */
export class IdbCursor {
  readonly source: IdbSource;
  readonly direction = 'next';
  readonly request: IdbRequest;
  readonly #options: CursorOptions;
  #record: CursorRecord | undefined;

  constructor(options: CursorOptions) {
    this.source = options.source;
    this.request = options.request;
    this.#options = options;
  }

  get key(): unknown {
    return this.#record?.key;
  }

  get primaryKey(): unknown {
    return this.#record?.primaryKey;
  }

  get value(): unknown {
    return this.#record?.value;
  }

  /** Goes to the first record. */
  open(): IdbRequest {
    const run = () => this.#step();
    return this.source.transaction.request(this.source, { isWrite: false, run }, this.request);
  }

  continue(key?: unknown): void {
    if (key !== undefined) throw domError('NotSupportedError', 'Cursors go to the next record.');
    this.#current();
    this.open();
  }

  update(value: unknown): IdbRequest {
    this.source.transaction.permit(true);
    const { origin, from } = this.#options;
    const key = encodeKey(this.#current().primaryKey);
    const bytes = encodeValue(value);
    return this.#write(() => {
      origin.records.put(from.store, key, bytes, true);
      return this.primaryKey;
    });
  }

  delete(): IdbRequest {
    this.source.transaction.permit(true);
    const { origin, from } = this.#options;
    const bounds = boundsOf(this.#current().primaryKey);
    return this.#write(() => origin.records.delete(from.store, bounds));
  }

  #step(): this | null {
    const { origin, from, bounds } = this.#options;
    this.#record = origin.records.next(from, bounds, this.#record?.place);
    return this.#record === undefined ? null : this;
  }

  #current(): CursorRecord {
    if (this.#record === undefined)
      throw domError('InvalidStateError', 'The cursor is at its end.');
    return this.#record;
  }

  #write(run: () => unknown): IdbRequest {
    return this.source.transaction.request(this, { isWrite: true, run });
  }
}

/** `IDBCursorWithValue` of the Indexed Database API 3.0 (§4.8). */
export class IdbCursorWithValue extends IdbCursor {}

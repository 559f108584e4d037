import { domError } from './dom-error.ts';
import type { IdbTransaction } from './idb-transaction.ts';

/** What a handler is given: the part of an event that is looked at. */
export interface IdbEvent {
  readonly type: string;
  readonly target: unknown;
  readonly oldVersion?: number;
  readonly newVersion?: number;
}

export type IdbHandler = ((event: IdbEvent) => void) | null;

/**
 * `IDBRequest` of the Indexed Database API 3.0 (§4.1). It may be done as soon as it was made; its event comes in a
 * microtask even so.
 */
export class IdbRequest {
  readyState: 'pending' | 'done' = 'pending';
  source: unknown = null;
  transaction: IdbTransaction | null = null;
  onsuccess: IdbHandler = null;
  onerror: IdbHandler = null;
  #result: unknown;
  #error: DOMException | null = null;

  get result(): unknown {
    this.#requireDone();
    return this.#result;
  }

  get error(): DOMException | null {
    this.#requireDone();
    return this.#error;
  }

  /** Makes it pending, also again: a cursor has one request for all its steps. */
  await(source: unknown, transaction: IdbTransaction): void {
    this.readyState = 'pending';
    this.source = source;
    this.transaction = transaction;
    this.#result = undefined;
    this.#error = null;
  }

  /** Says what came of it; `fire` tells the handlers. */
  settle(result: unknown, error: DOMException | null): void {
    this.readyState = 'done';
    this.#result = result;
    this.#error = error;
  }

  fire(): IdbEvent {
    const event: IdbEvent = { type: this.#error === null ? 'success' : 'error', target: this };
    if (this.#error === null) this.onsuccess?.(event);
    else this.onerror?.(event);
    return event;
  }

  #requireDone(): void {
    if (this.readyState === 'pending') {
      throw domError('InvalidStateError', 'The request is not done yet.');
    }
  }
}

/** `IDBOpenDBRequest` of the Indexed Database API 3.0 (§4.1). */
export class IdbOpenDbRequest extends IdbRequest {
  onupgradeneeded: IdbHandler = null;
  onblocked: IdbHandler = null;
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Failure } from '../../errors.ts';
import type { IdbDatabase } from './idb-database.ts';
import { IdbFactory } from './idb-factory.ts';
import type { IdbEvent, IdbRequest } from './idb-request.ts';
import type { IdbTransaction } from './idb-transaction.ts';
import { type CryptoDatabase, openCryptoDatabase } from './open-crypto-database.ts';
import { originOf } from './registered-origins.ts';

/** A crypto database in a directory of its own, which `remove` deletes. */
export class TempDatabase {
  readonly file: string;
  readonly failures: Failure[] = [];
  crypto: CryptoDatabase;
  lastUpgradeEvent: IdbEvent | undefined;
  readonly #dir = mkdtempSync(join(tmpdir(), 'bellhop-idb-'));

  constructor() {
    this.file = join(this.#dir, 'account.db');
    this.crypto = this.open();
  }

  open(): CryptoDatabase {
    const onFatal = (failure: Failure) => this.failures.push(failure);
    this.crypto = openCryptoDatabase({ file: this.file, prefix: this.file, onFatal });
    return this.crypto;
  }

  async openIndexedDb(
    name: string,
    version?: number,
    upgrade?: (db: IdbDatabase, transaction: IdbTransaction) => void,
  ): Promise<IdbDatabase> {
    const request = new IdbFactory(originOf).open(`${this.file}::${name}`, version);
    request.onupgradeneeded = (event) => {
      this.lastUpgradeEvent = event;
      if (request.transaction !== null)
        upgrade?.(request.result as IdbDatabase, request.transaction);
    };
    return (await resultOf(request)) as IdbDatabase;
  }

  remove(): void {
    this.crypto.close();
    rmSync(this.#dir, { recursive: true });
  }
}

export const openTempDatabase = (): TempDatabase => new TempDatabase();

/** What the request gives; rejects with its error. */
export async function resultOf(request: IdbRequest): Promise<unknown> {
  return await new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

/** Resolves when it was committed; rejects with what aborted it. */
export async function committed(transaction: IdbTransaction): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    transaction.oncomplete = () => resolve();
    transaction.onabort = () => reject(transaction.error ?? new Error('aborted'));
  });
}

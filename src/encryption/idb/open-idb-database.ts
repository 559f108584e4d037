import { domError } from './dom-error.ts';
import { IdbDatabase } from './idb-database.ts';
import type { IdbOpenDbRequest } from './idb-request.ts';
import { IdbTransaction } from './idb-transaction.ts';
import type { Origin } from './origin.ts';

/** What was asked for with `open`. */
export interface Opening {
  readonly origin: Origin;
  readonly name: string;
  /** Undefined: the one it has, or 1. */
  readonly version: number | undefined;
  readonly request: IdbOpenDbRequest;
}

/** Opens a database and upgrades it where that was asked for (§5.1, §5.7). Its request tells how that went. */
export async function openIdbDatabase(opening: Opening): Promise<void> {
  const { origin, name, version, request } = opening;
  try {
    if (origin.commits.failure !== undefined) throw origin.commits.failure;
    const current = origin.schema.database(name)?.version ?? 0;
    const wanted = version ?? Math.max(current, 1);
    if (wanted < current) {
      throw domError('VersionError', `${name} has version ${current}, later than ${wanted}.`);
    }
    if (wanted > current) await upgrade(opening, current, wanted);
    else request.settle(new IdbDatabase(origin, name), null);
  } catch (thrown) {
    request.settle(undefined, origin.domErrorOf(thrown));
  }
  request.fire();
}

async function upgrade(opening: Opening, oldVersion: number, newVersion: number): Promise<void> {
  const { origin, name, request } = opening;
  if ([...origin.connections].some((connection) => connection.name === name)) {
    throw domError('InvalidStateError', `${name} cannot be upgraded while it is open.`);
  }
  const db = new IdbDatabase(origin, name);
  const stores = origin.schema.database(name)?.stores.keys() ?? [];
  const transaction = await new Promise<IdbTransaction>((resolve) => {
    const upgrading = new IdbTransaction(origin, db, stores, 'versionchange', {
      started: () => announce(opening, upgrading, oldVersion, newVersion),
      ended: () => resolve(upgrading),
    });
    db.upgrade = upgrading;
    upgrading.enter();
  });
  db.upgrade = undefined;
  request.transaction = null;
  const hasSucceeded = origin.schema.database(name)?.version === newVersion;
  if (hasSucceeded && !db.isClosed) return;
  db.close();
  const reason = transaction.error?.message ?? 'as was asked for';
  const aborted = domError('AbortError', `The upgrade of ${name} was aborted: ${reason}`);
  throw origin.commits.failure ?? aborted;
}

function announce(
  { origin, name, request }: Opening,
  transaction: IdbTransaction,
  oldVersion: number,
  newVersion: number,
): void {
  try {
    origin.attempt(() => {
      transaction.begin();
      const shape = origin.schema.database(name) ?? origin.schema.createDatabase(name);
      origin.schema.setVersion(shape, newVersion);
    });
    request.settle(transaction.db, null);
    request.transaction = transaction;
    request.onupgradeneeded?.({ type: 'upgradeneeded', target: request, oldVersion, newVersion });
  } catch (thrown) {
    // What a handler throws aborts the upgrade (§5.9).
    const { failure } = origin.commits;
    const words = thrown instanceof Error ? thrown.message : 'A handler threw something.';
    transaction.fail(
      failure === undefined ? domError('AbortError', words) : origin.domErrorOf(failure),
    );
  }
}

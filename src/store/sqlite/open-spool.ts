import type { OutboxIntake } from '../../outbox/outbox.ts';
import { acceptanceOf } from './acceptance.ts';
import type { ShapeGuard } from './migrate.ts';
import { openConnection } from './open-connection.ts';
import { accept } from './operations/accept.ts';
import { failureOf, recordFailure } from './store-failure.ts';
import { databaseOptions, type SqliteStoreOptions } from './store-options.ts';
import { storedSubmission } from './stored-submission.ts';

/**
 * Opens the store in the calling thread for inserting alone: it loads a fraction of the code, for a process that ends
 * with its message written down.
 * @throws Failure storage_full or storage_failed.
 */
export function openSpool(
  options: SqliteStoreOptions,
  guard?: ShapeGuard,
): OutboxIntake & { close(): void } {
  const { db, connection, wal } = openConnection(databaseOptions(options), options.clock, guard);
  return {
    async accept(submission) {
      try {
        connection.refusesNew = wal.refusal();
        connection.begin();
        const reply = accept(connection, storedSubmission(submission));
        connection.commit();
        return acceptanceOf(submission, reply);
      } catch (thrown) {
        connection.rollback();
        throw failureOf(recordFailure(thrown));
      }
    },
    close: () => db.close(),
  };
}

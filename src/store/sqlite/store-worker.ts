import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../clock.ts';
import { type Database, openDatabase } from './database.ts';
import type { DatabaseOptions } from './open-connection.ts';
import { unpackCalls } from './packed-calls.ts';
import { recordFailure } from './store-failure.ts';
import type { FromWorker, ToWorker } from './worker-message.ts';

/** The database's thread: one message in is one transaction. Started by worker-executor.ts alone. */
if (parentPort !== null) {
  const port = parentPort;
  const tell = (message: FromWorker) => port.postMessage(message);
  const serve = (database: Database) => {
    let commits = 0;
    port.on('message', (message: ToWorker) => {
      if (message === 'close') {
        database.close();
        port.close();
        return;
      }
      const replies = database.run(unpackCalls(message));
      tell({ kind: 'done', replies, commits: database.commits - commits });
      commits = database.commits;
    });
    tell({ kind: 'open' });
  };
  try {
    serve(openDatabase(workerData as DatabaseOptions, systemClock));
  } catch (thrown) {
    tell({ kind: 'failed', failure: recordFailure(thrown) });
    port.close();
  }
}

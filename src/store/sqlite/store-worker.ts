import {
  type MessagePort,
  parentPort,
  receiveMessageOnPort,
  workerData,
} from 'node:worker_threads';
import { systemClock } from '../../clock.ts';
import { type Database, openDatabase } from './database.ts';
import type { DatabaseOptions } from './open-connection.ts';
import { type PackedCalls, unpackCalls } from './packed-calls.ts';
import { packReplies } from './packed-replies.ts';
import type { Call, Reply } from './run-batch.ts';
import { recordFailure } from './store-failure.ts';
import { weighCall } from './weigh-call.ts';
import type { FromWorker, ToWorker } from './worker-message.ts';

/** A transaction's bounds: some 30 ms of work, so that nobody waits long for a neighbour. */
const batchRowsMax = 2_000;
const batchBytesMax = 4 * 1024 * 1024;

function isFull(calls: readonly Call[]): boolean {
  let rows = 0;
  let bytes = 0;
  for (const call of calls) {
    const weight = weighCall(call);
    rows += weight.rows;
    bytes += weight.bytes;
  }
  return rows >= batchRowsMax || bytes >= batchBytesMax;
}

/** The calls of one message and of those that came meanwhile: one transaction, as far as the bounds go. */
function takeBatch(port: MessagePort, first: PackedCalls): Call[] {
  const calls = unpackCalls(first);
  while (!isFull(calls)) {
    // To close comes last, when everything is answered: what is there are calls.
    const next = receiveMessageOnPort(port) as { readonly message: PackedCalls } | undefined;
    if (next === undefined) break;
    calls.push(...unpackCalls(next.message));
  }
  return calls;
}

/** The memory of pieces of files among the replies: it changes hands, so that no piece is there twice. */
function buffersOf(replies: readonly Reply[]): ArrayBuffer[] {
  const buffers: ArrayBuffer[] = [];
  for (const reply of replies) {
    if ('value' in reply && reply.value instanceof Uint8Array) {
      const { buffer } = reply.value;
      if (buffer instanceof ArrayBuffer) buffers.push(buffer);
    }
  }
  return buffers;
}

/** The database's thread. Started by worker-executor.ts alone. */
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
      const calls = takeBatch(port, message);
      const answers = database.run(calls);
      const replies = packReplies(calls, answers);
      const done: FromWorker = { kind: 'done', replies, commits: database.commits - commits };
      port.postMessage(done, [replies.contents.buffer, ...buffersOf(answers)]);
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

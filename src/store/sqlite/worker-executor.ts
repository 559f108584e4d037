import { Worker } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import type { Executor } from './executor.ts';
import type { DatabaseOptions } from './open-connection.ts';
import type { Arguments, OperationName, Result } from './operations.ts';
import { packCalls } from './packed-calls.ts';
import type { Call } from './run-batch.ts';
import { type FailureRecord, failureOf } from './store-failure.ts';
import { weighCall } from './weigh-call.ts';
import type { FromWorker, ToWorker } from './worker-message.ts';

/** A batch's bounds: some 30 ms of work, so that nobody waits long for a neighbour. */
const batchRowsMax = 2_000;
const batchBytesMax = 4 * 1024 * 1024;
/** Submissions held while the disk is slow; beyond it callers are told to come back. */
const waitingBytesMax = 64 * 1024 * 1024;
/** The thread ends after its current transaction; a disk that hangs longer than this will not come back. */
const closeDeadlineMs = 10_000;

/** A batch and its replies take a few MB; with more room the thread would only collect its garbage later. */
const workerHeap = { maxOldGenerationSizeMb: 128, maxYoungGenerationSizeMb: 8 };

interface Pending {
  readonly call: Call;
  readonly rows: number;
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Failure) => void;
}

/**
 * Runs operations in a thread of its own with group commit: while one batch is being written, the next collects, so
 * that under load many share one fsync and alone none waits for company. A thread that dies takes its batch with it;
 * the next batch starts a new one.
 */
export class WorkerExecutor implements Executor {
  readonly #options: DatabaseOptions;
  readonly #clock: Clock;
  #worker: Worker | undefined;
  #waiting: Pending[] = [];
  #waitingBytes = 0;
  #inFlight: Pending[] | undefined;
  #isScheduled = false;
  #commits = 0;
  #closing: Promise<void> | undefined;
  #onIdle: (() => void) | undefined;

  /** @throws Failure storage_full or storage_failed when the database cannot be opened. */
  static async open(options: DatabaseOptions, clock: Clock): Promise<WorkerExecutor> {
    const executor = new WorkerExecutor(options, clock);
    // The first call waits for the database to be open, and fails with the reason when it cannot be opened.
    await executor.run('dataVersion');
    return executor;
  }

  private constructor(options: DatabaseOptions, clock: Clock) {
    this.#options = options;
    this.#clock = clock;
  }

  get commits(): number {
    return this.#commits;
  }

  run<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Result<Name>> {
    if (this.#closing !== undefined) return Promise.reject(new Failure('shutting_down'));
    const call: Call = { name, args };
    const { rows, bytes } = weighCall(call);
    if (name === 'accept' && this.#waitingBytes + bytes > waitingBytesMax) {
      const detail = 'Too many submissions wait to be written.';
      return Promise.reject(new Failure('storage_busy', { detail }));
    }
    return new Promise<Result<Name>>((resolve, reject) => {
      this.#waitingBytes += bytes;
      const settle = resolve as (value: unknown) => void;
      this.#waiting.push({ call, rows, bytes, resolve: settle, reject });
      this.#schedule();
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    if (this.#inFlight !== undefined || this.#waiting.length > 0) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    const worker = this.#worker;
    if (worker === undefined) return;
    const cancel = this.#clock.after(closeDeadlineMs, () => void worker.terminate());
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    tell(worker, 'close');
    await ended;
    cancel();
  }

  #schedule(): void {
    if (this.#inFlight !== undefined || this.#isScheduled) return;
    this.#isScheduled = true;
    // Whatever else this turn of the event loop asks for comes along.
    setImmediate(() => {
      this.#isScheduled = false;
      this.#send();
    });
  }

  #send(): void {
    const batch = this.#takeBatch();
    if (batch.length === 0) {
      this.#onIdle?.();
      return;
    }
    this.#worker ??= this.#start();
    try {
      tell(this.#worker, packCalls(batch.map(({ call }) => call)));
      this.#inFlight = batch;
    } catch (cause) {
      const others = batch.filter((pending) => canCross(pending, cause));
      for (const { bytes } of others) this.#waitingBytes += bytes;
      this.#waiting = [...others, ...this.#waiting];
      this.#schedule();
    }
  }

  #takeBatch(): Pending[] {
    let rows = 0;
    let bytes = 0;
    let count = 0;
    for (const pending of this.#waiting) {
      rows += pending.rows;
      bytes += pending.bytes;
      // A call beyond the bounds by itself still has to go.
      if (count > 0 && (rows > batchRowsMax || bytes > batchBytesMax)) break;
      count++;
    }
    const batch = this.#waiting;
    this.#waiting = batch.splice(count);
    for (const pending of batch) this.#waitingBytes -= pending.bytes;
    return batch;
  }

  #start(): Worker {
    // The same ending as this file: `.ts` from the sources, `.js` from the build.
    const file = import.meta.url.replace('/worker-executor.', '/store-worker.');
    const worker = new Worker(new URL(file), {
      workerData: this.#options,
      name: 'bellhop-store',
      execArgv: [],
      resourceLimits: workerHeap,
    });
    let failure: FailureRecord = {
      code: 'storage_failed',
      detail: "The database's thread ended; what it was writing may be written or not.",
      retryAfterMs: undefined,
      cause: undefined,
    };
    worker.on('message', (message: FromWorker) => {
      if (message.kind === 'done') this.#done(message);
      else if (message.kind === 'failed') failure = message.failure;
    });
    worker.on('error', (cause) => {
      failure = { ...failure, cause };
    });
    worker.on('exit', () => this.#ended(failure));
    return worker;
  }

  #done({ replies, commits }: FromWorker & { kind: 'done' }): void {
    const batch = this.#inFlight ?? [];
    this.#inFlight = undefined;
    this.#commits += commits;
    // The thread gets its next batch before anyone here reacts to this one.
    this.#send();
    for (const [index, { resolve, reject }] of batch.entries()) {
      const reply = replies[index];
      if (reply !== undefined && 'value' in reply) resolve(reply.value);
      else if (reply !== undefined) reject(failureOf(reply.failure));
    }
  }

  #ended(failure: FailureRecord): void {
    this.#worker = undefined;
    const lost = [...(this.#inFlight ?? []), ...this.#waiting];
    this.#inFlight = undefined;
    this.#waiting = [];
    this.#waitingBytes = 0;
    for (const { reject } of lost) reject(failureOf(failure));
    this.#onIdle?.();
  }
}

function tell(worker: Worker, message: ToWorker): void {
  worker.postMessage(message);
}

/** Whether a call can be given to another thread; one that cannot is a bug of its caller, and is refused. */
function canCross({ call, reject }: Pending, cause: unknown): boolean {
  try {
    structuredClone(call);
    return true;
  } catch {
    reject(new Failure('bug', { cause }));
    return false;
  }
}

import { type ResourceLimits, Worker } from 'node:worker_threads';
import type { Clock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import type { Executor } from './executor.ts';
import type { DatabaseOptions } from './open-connection.ts';
import type { Arguments, OperationName, Result } from './operations.ts';
import { packCalls } from './packed-calls.ts';
import { unpackReplies } from './packed-replies.ts';
import type { Call } from './run-batch.ts';
import { type FailureRecord, failureOf } from './store-failure.ts';
import { weighCall } from './weigh-call.ts';
import type { FromWorker, ToWorker } from './worker-message.ts';

/** So many calls set out for the thread without waiting for more: it works while this turn of the event loop goes on. */
const callsPerMessage = 64;
/** Submissions held while the disk is slow; beyond it callers are told to come back. */
const heldBytesMax = 64 * 1024 * 1024;
/** All that was asked for ends within this time; a disk that hangs longer will not come back. */
const closeDeadlineMs = 10_000;

/** All that may be held at once, two bytes a character, and a quarter more to work with it. */
const heapMb = 160;
const youngHeapMb = 8;
/** The places of what is owed: eight bytes each, in lists that grow by half and are copied meanwhile. */
const bytesPerOwed = 24;

function heapBounds({ limits }: DatabaseOptions): ResourceLimits {
  const owedMb = Math.ceil((limits.queued * bytesPerOwed) / 2 ** 20);
  return { maxOldGenerationSizeMb: heapMb + owedMb, maxYoungGenerationSizeMb: youngHeapMb };
}

const lostThread: FailureRecord = {
  code: 'storage_failed',
  detail: "The database's thread ended; what it was writing may be written or not.",
  retryAfterMs: undefined,
  cause: undefined,
};

/** Whoever waits for a call's answer. The call itself is let go once it is sent. */
interface Waiter {
  readonly bytes: number;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: Failure) => void;
}

/**
 * Runs operations in a thread of its own with group commit: what comes while one transaction is being written shares the
 * next, so that under load many share one fsync and alone none waits for company. A thread that dies takes with it what
 * it was sent; the next call starts a new one.
 */
export class WorkerExecutor implements Executor {
  readonly #options: DatabaseOptions;
  readonly #clock: Clock;
  #worker: Worker | undefined;
  /** What the next message will carry, and who waits for it. */
  #calls: Call[] = [];
  #waiting: Waiter[] = [];
  /** In the order in which they will be answered. */
  #sent: Waiter[] = [];
  /** Of all that waits or is sent. */
  #heldBytes = 0;
  #isScheduled = false;
  #isClosed = false;
  #commits = 0;
  #losses = 0;
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

  get losses(): number {
    return this.#losses;
  }

  run<Name extends OperationName>(name: Name, ...args: Arguments<Name>): Promise<Result<Name>> {
    if (this.#isClosed) return Promise.reject(new Failure('shutting_down'));
    const call: Call = { name, args };
    const { bytes } = weighCall(call);
    if (name === 'accept' && this.#heldBytes + bytes > heldBytesMax) {
      const detail = 'Too many submissions wait to be written.';
      return Promise.reject(new Failure('storage_busy', { detail }));
    }
    return new Promise<Result<Name>>((resolve, reject) => {
      this.#heldBytes += bytes;
      this.#calls.push(call);
      this.#waiting.push({ bytes, resolve: resolve as (value: unknown) => void, reject });
      if (this.#calls.length >= callsPerMessage) this.#send();
      else this.#schedule();
    });
  }

  close(last?: Promise<void>): Promise<void> {
    this.#closing ??= this.#close(last);
    return this.#closing;
  }

  async #close(last: Promise<void> | undefined): Promise<void> {
    const late = Promise.withResolvers<void>();
    const cancel = this.#clock.after(closeDeadlineMs, () => {
      this.#giveUp();
      late.resolve();
    });
    await Promise.race([this.#end(last), late.promise]);
    cancel();
  }

  async #end(last: Promise<void> | undefined): Promise<void> {
    await last;
    this.#isClosed = true;
    if (!this.#isIdle) {
      await new Promise<void>((resolve) => {
        this.#onIdle = resolve;
      });
    }
    const worker = this.#worker;
    if (worker === undefined) return;
    const ended = new Promise((resolve) => worker.once('exit', resolve));
    worker.postMessage('close' satisfies ToWorker);
    await ended;
  }

  /** A thread that waits for the disk does not end before the disk answers, so nobody waits for its end. */
  #giveUp(): void {
    this.#isClosed = true;
    const worker = this.#worker;
    // Nobody is left whom it could answer.
    worker?.removeAllListeners('message');
    void worker?.terminate();
    this.#ended(lostThread);
  }

  get #isIdle(): boolean {
    return this.#sent.length === 0 && this.#waiting.length === 0;
  }

  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    // Whatever else this turn of the event loop asks for comes along.
    setImmediate(() => {
      this.#isScheduled = false;
      if (this.#calls.length > 0) this.#send();
      else if (this.#isIdle) this.#onIdle?.();
    });
  }

  #send(): void {
    this.#worker ??= this.#start();
    const calls = this.#calls;
    const waiting = this.#waiting;
    this.#calls = [];
    this.#waiting = [];
    try {
      const packed = packCalls(calls);
      this.#worker.postMessage(packed satisfies ToWorker, [packed.contents.buffer]);
      this.#sent.push(...waiting);
    } catch (cause) {
      this.#refuseUncrossable(calls, waiting, cause);
    }
  }

  /** A call that cannot be given to another thread is a bug of its caller; its neighbours go again. */
  #refuseUncrossable(calls: readonly Call[], waiting: readonly Waiter[], cause: unknown): void {
    for (const [index, waiter] of waiting.entries()) {
      const call = calls[index];
      if (call !== undefined && canCross(call)) {
        this.#calls.push(call);
        this.#waiting.push(waiter);
      } else {
        this.#heldBytes -= waiter.bytes;
        waiter.reject(new Failure('bug', { cause }));
      }
    }
    this.#schedule();
  }

  #start(): Worker {
    // The same ending as this file: `.ts` from the sources, `.js` from the build.
    const file = import.meta.url.replace('/worker-executor.', '/store-worker.');
    const worker = new Worker(new URL(file), {
      workerData: this.#options,
      name: 'bellhop-store',
      execArgv: [],
      resourceLimits: heapBounds(this.#options),
    });
    let failure = lostThread;
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
    this.#commits += commits;
    const unpacked = unpackReplies(replies);
    const answered = this.#sent.splice(0, unpacked.length);
    for (const [index, reply] of unpacked.entries()) {
      const waiter = answered[index];
      if (waiter === undefined) throw new Error('a reply to nobody');
      const { bytes, resolve, reject } = waiter;
      this.#heldBytes -= bytes;
      if ('value' in reply) resolve(reply.value);
      else reject(failureOf(reply.failure));
    }
    if (this.#isIdle) this.#onIdle?.();
  }

  #ended(failure: FailureRecord): void {
    this.#worker = undefined;
    this.#losses++;
    const lost = [...this.#sent, ...this.#waiting];
    this.#sent = [];
    this.#waiting = [];
    this.#calls = [];
    this.#heldBytes = 0;
    for (const { reject } of lost) reject(failureOf(failure));
    this.#onIdle?.();
  }
}

function canCross(call: Call): boolean {
  try {
    structuredClone(call);
    return true;
  } catch {
    return false;
  }
}

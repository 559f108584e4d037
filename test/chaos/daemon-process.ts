import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Counts } from '../../src/outbox/outbox.ts';
import type { FromDaemon, ToDaemon } from './daemon-message.ts';

/** A busy machine may take seconds to load the code; after this long something is wrong. */
const startDeadlineMs = 60_000;
/** Longer than the daemon's own deadline for settling, which ends with an answer. */
const settleDeadlineMs = 130_000;

const program = fileURLToPath(new URL('daemon.ts', import.meta.url));

/** One daemon process, from loading its code to its violent end. */
export class DaemonProcess {
  readonly #process: ChildProcess;
  readonly #loaded: Promise<unknown>;
  /** Resolves when it is dead by `kill`; rejects when it ended by itself. */
  readonly killed: Promise<void>;
  #isKilled = false;

  /** @param cacheDir - where lives leave their compiled code to the next, which so begins in half the time */
  constructor(args: readonly string[], cacheDir: string) {
    this.#process = fork(program, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_COMPILE_CACHE: cacheDir },
    });
    this.killed = once(this.#process, 'exit').then(([code, signal]) => {
      if (this.#isKilled) return;
      throw new Error(`The daemon ended by itself: ${String(code ?? signal)}.`);
    });
    this.#loaded = this.#hears('loaded', startDeadlineMs);
    // Whoever awaits them hears of a failure; until then it harms nobody.
    this.killed.catch(() => undefined);
    this.#loaded.catch(() => undefined);
  }

  /** Begins to serve; the address it serves at. */
  async start(): Promise<string> {
    await this.#loaded;
    const listening = this.#hears('listening', startDeadlineMs);
    this.#ask('start');
    return (await listening).url;
  }

  /** The outbox's counts, once it owes nothing. */
  async settle(): Promise<Counts> {
    const settled = this.#hears('settled', settleDeadlineMs);
    this.#ask('settle');
    return (await settled).counts;
  }

  kill(): void {
    this.#isKilled = true;
    this.#process.kill('SIGKILL');
  }

  #ask(message: ToDaemon): void {
    this.#process.send(message);
  }

  /** The next message of a kind. @throws Error when the process ends first, or after `deadlineMs` */
  async #hears<Kind extends FromDaemon['kind']>(
    kind: Kind,
    deadlineMs: number,
  ): Promise<Extract<FromDaemon, { kind: Kind }>> {
    const { promise, resolve, reject } =
      Promise.withResolvers<Extract<FromDaemon, { kind: Kind }>>();
    const late = setTimeout(
      () => reject(new Error(`The daemon was not ${kind} within ${deadlineMs} ms.`)),
      deadlineMs,
    );
    const listener = (message: FromDaemon) => {
      if (message.kind === kind) resolve(message as Extract<FromDaemon, { kind: Kind }>);
    };
    this.#process.on('message', listener);
    const ended = () => new Error(`The daemon ended before it was ${kind}.`);
    this.killed.then(() => reject(ended()), reject);
    try {
      return await promise;
    } finally {
      clearTimeout(late);
      this.#process.off('message', listener);
    }
  }
}

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { FromReceiver, ToReceiver } from './receiver-message.ts';

/** A busy machine may take seconds to load the code; after this long something is wrong. */
const stepMsMax = 60_000;

const program = fileURLToPath(new URL('receiver.ts', import.meta.url));

/** One life of the receiving device, from loading its code to its violent end. */
export class ReceiverProcess {
  readonly #process: ChildProcess;
  readonly #loaded: Promise<unknown>;
  /** Resolves when it begins to take in what it was sent. */
  readonly takingIn: Promise<unknown>;
  /** Resolves when it has nothing left to take in. */
  readonly caughtUp: Promise<unknown>;
  readonly #ended: Promise<unknown>;

  /** @param cacheDir - where lives leave their compiled code to the next */
  constructor(args: readonly string[], cacheDir: string) {
    this.#process = fork(program, args, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
      env: { ...process.env, NODE_COMPILE_CACHE: cacheDir },
    });
    this.#ended = once(this.#process, 'exit');
    this.#loaded = this.#hears('loaded');
    this.takingIn = this.#hears('taking-in');
    this.caughtUp = this.#hears('caught-up');
    // Whoever awaits them hears of a failure.
    this.#loaded.catch(() => undefined);
    this.takingIn.catch(() => undefined);
    this.caughtUp.catch(() => undefined);
  }

  async start(): Promise<void> {
    await this.#loaded;
    const message: ToReceiver = 'start';
    this.#process.send(message);
  }

  /** SIGKILL; resolves when it is dead. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  /** @throws Error when the process ends first, or after a minute */
  async #hears(wanted: FromReceiver): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = () => reject(new Error(`The receiver ended before it was ${wanted}.`));
    const late = setTimeout(fail, stepMsMax).unref();
    this.#process.on('message', (message) => {
      if (message === wanted) resolve();
    });
    void this.#ended.then(fail);
    await promise.finally(() => clearTimeout(late));
  }
}

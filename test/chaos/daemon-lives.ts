import { DaemonProcess } from './daemon-process.ts';

/**
 * The daemon's lives, one after another on the same data directory. While one lives, the next loads its code, so that
 * it begins as soon as the kernel has buried the last.
 */
export class DaemonLives {
  readonly #spawn: () => DaemonProcess;
  #next: DaemonProcess;
  #current: DaemonProcess | undefined;
  #url = Promise.withResolvers<string>();
  #isOver = false;

  /** @param args - the arguments of `daemon.ts` */
  constructor(args: readonly string[], cacheDir: string) {
    this.#spawn = () => new DaemonProcess(args, cacheDir);
    this.#next = this.#spawn();
  }

  /** Where the daemon listens, as soon as one lives. */
  async url(): Promise<string> {
    return await this.#url.promise;
  }

  /** Starts the next life; it listens when this resolves. @throws Error when it ends by itself, or after `end` */
  async begin(): Promise<DaemonProcess> {
    const life = this.#next;
    this.#current = life;
    this.#url.resolve(await life.start());
    if (!this.#isOver) this.#next = this.#spawn();
    return life;
  }

  /** SIGKILL, at once. */
  kill(): void {
    this.#url = Promise.withResolvers();
    this.#current?.kill();
  }

  /** Ends all processes; whoever waits for a life hears that there will be none. */
  end(): void {
    this.#isOver = true;
    this.kill();
    this.#next.kill();
    this.#url.promise.catch(() => undefined);
    this.#url.reject(new Error('The run has ended.'));
  }
}

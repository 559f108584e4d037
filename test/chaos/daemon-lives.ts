import { DaemonProcess } from './daemon-process.ts';

/** The daemon's lives, one after another on the same data directory; the next one's code is loaded ahead. */
export class DaemonLives {
  readonly #args: readonly string[];
  #next: DaemonProcess;
  #current: DaemonProcess | undefined;
  #url = Promise.withResolvers<string>();

  /** @param args - the arguments of `daemon.ts` */
  constructor(args: readonly string[]) {
    this.#args = args;
    this.#next = new DaemonProcess(args);
  }

  /** Where the daemon listens, as soon as one lives. */
  async url(): Promise<string> {
    return await this.#url.promise;
  }

  /** Starts the next life; it listens when this resolves. */
  async begin(): Promise<DaemonProcess> {
    const life = this.#next;
    this.#current = life;
    this.#next = new DaemonProcess(this.#args);
    this.#url.resolve(await life.start());
    return life;
  }

  /** SIGKILL, at once. */
  kill(): void {
    this.#url = Promise.withResolvers();
    this.#current?.kill();
  }

  /** Ends all processes; whoever waits for a life hears that there will be none. */
  end(): void {
    this.kill();
    this.#next.kill();
    this.#url.promise.catch(() => undefined);
    this.#url.reject(new Error('The run has ended.'));
  }
}

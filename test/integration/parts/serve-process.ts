import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { pause, systemClock } from '../../../src/clock.ts';

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** Loading the code takes half a second; a busy machine may take many times that. */
const startDeadlineMs = 30_000;
const pollMs = 25;
/** Longer than the daemon lets requests under way end. */
const stopDeadlineMs = 20_000;

/** `bellhop serve` as a process of its own, which can be killed and started again on the same data. */
export class ServeProcess implements AsyncDisposable {
  readonly #configPath: string;
  readonly #url: string;
  #process: ChildProcess | undefined;
  #log = '';

  /** @param url - where the configuration lets it listen */
  constructor(configPath: string, url: string) {
    this.#configPath = configPath;
    this.#url = url;
  }

  /** What it has logged in all its lives. */
  get log(): string {
    return this.#log;
  }

  /** Resolves when it is ready. @throws Error with its log */
  async start(): Promise<void> {
    const child = spawn(process.execPath, [program, 'serve', '--config', this.#configPath], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#process = child;
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#log += text;
    });
    const deadline = systemClock.monotonic() + startDeadlineMs;
    while (systemClock.monotonic() < deadline && child.exitCode === null) {
      if (await this.#isReady()) return;
      await pause(systemClock, pollMs);
    }
    await this.kill9();
    throw new Error(`The daemon did not start:\n${this.#log}`);
  }

  /** Ends it as a crash would. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it as an operator would; its exit code. */
  async stop(): Promise<number | undefined> {
    return await this.#end('SIGTERM');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | undefined> {
    const child = this.#process;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) {
      return child?.exitCode ?? undefined;
    }
    const exited = once(child, 'close') as Promise<[code: number | null]>;
    child.kill(signal);
    const cancel = systemClock.after(stopDeadlineMs, () => child.kill('SIGKILL'));
    const [code] = await exited;
    cancel();
    return code ?? undefined;
  }

  async #isReady(): Promise<boolean> {
    return await fetch(`${this.#url}/readyz`, { signal: AbortSignal.timeout(1000) }).then(
      (response) => response.ok,
      () => false,
    );
  }
}

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { pause, systemClock } from '../../../src/clock.ts';
import type { ChangeKind } from '../../../src/people/lifecycle-change.ts';
import type { Synapse } from '../../synapse/start-synapse.ts';
import { type Answer, call } from './call.ts';
import { freePort } from './free-port.ts';

const program = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url));

/** Loading the code takes half a second; a busy machine may take many times that. */
const startDeadlineMs = 30_000;
const pollMs = 25;
/** Longer than it lets requests under way end. */
const stopDeadlineMs = 15_000;
/** The caller's own patience: whatever Synapse does, an answer is there by then. */
const callerMsMax = 3_000;

const manifestName = 'kraftwerk-init.json';

/** With the deployment's name of the original's tests. */
const manifestOf = (serverName: string): string =>
  JSON.stringify({
    deployment: 'manifest_notfound',
    rasenmaeher: { init: { base_uri: `https://${serverName}` }, certcn: 'rasenmaeher' },
    product: { dns: `matrix.${serverName}` },
  });

/** What the caller sends of a person. */
export const userNamed = (callsign: string): object => ({
  uuid: '3ede23ae-eff2-4aa8-b7ef-7fac68c39988',
  callsign,
  x509cert: 'NOCERTFOUND',
});

/** `bellhop rmapi` as a process of its own, which can be killed and started again on the same data. */
export class RmapiProcess implements AsyncDisposable {
  readonly directory: string;
  readonly url: string;
  readonly #env: Readonly<Record<string, string>>;
  #process: ChildProcess | undefined;
  /** What it has logged in its last life. */
  log = '';

  private constructor(directory: string, port: number, env: Readonly<Record<string, string>>) {
    this.directory = directory;
    this.url = `http://127.0.0.1:${port}`;
    this.#env = {
      PATH: process.env['PATH'] ?? '',
      LOG_LEVEL: '10',
      SYNAPSE_TOKEN_FILE: join(directory, 'synapse_admin_token'),
      BELLHOP_RMAPI_LISTEN: `127.0.0.1:${port}`,
      BELLHOP_RMAPI_MANIFEST: join(directory, manifestName),
      ...env,
    };
  }

  /** One with the environment that the original has for this Synapse; it does not run yet. */
  static async prepare(synapse: Synapse, env: object = {}): Promise<RmapiProcess> {
    const directory = await mkdtemp(join(tmpdir(), 'bellhop-rmapi-'));
    await writeFile(join(directory, manifestName), manifestOf(synapse.serverName));
    return new RmapiProcess(directory, await freePort(), {
      SYNAPSE_URL: synapse.baseUrl,
      SYNAPSE_REGISTRATION_SECRET: synapse.registrationSharedSecret,
      SERVER_DOMAIN: synapse.serverName,
      ...env,
    });
  }

  /** Resolves when it answers. @throws Error with its log */
  async start(): Promise<void> {
    this.log = '';
    const child = this.#spawn('rmapi');
    this.#process = child;
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.log += text;
    });
    const deadline = systemClock.monotonic() + startDeadlineMs;
    while (systemClock.monotonic() < deadline && child.exitCode === null) {
      if ((await this.healthcheck()) === 0) return;
      await pause(systemClock, pollMs);
    }
    await this.kill9();
    throw new Error(`It did not start:\n${this.log}`);
  }

  /** The exit code of the command that the container's health check runs. */
  async healthcheck(): Promise<number | null> {
    const child = this.#spawn('rmapi', 'healthcheck');
    const [code] = (await once(child, 'close')) as [number | null];
    return code;
  }

  /** Starts another on the same data, which cannot have it; its exit code. */
  async startSecond(): Promise<number | null> {
    const child = this.#spawn('rmapi');
    const [code] = (await once(child, 'close')) as [number | null];
    return code;
  }

  /** A call of the caller's, as its proxy hands it on. @throws Error when the caller would have given up */
  async say(kind: ChangeKind, callsign: string): Promise<Answer> {
    const began = systemClock.monotonic();
    const answer = await call(
      kind === 'updated' ? 'PUT' : 'POST',
      `${this.url}/api/v1/users/${kind}`,
      {
        body: userNamed(callsign),
        headers: { 'x-clientcert-dn': 'CN=rasenmaeher,O=example.org' },
      },
    );
    const tookMs = systemClock.monotonic() - began;
    if (tookMs > callerMsMax) throw new Error(`${kind} took ${tookMs} ms.`);
    return answer;
  }

  get tokenFile(): string {
    return join(this.directory, 'synapse_admin_token');
  }

  async token(): Promise<string> {
    return (await readFile(this.tokenFile, 'utf8')).trim();
  }

  /** Ends it as a crash would. */
  async kill9(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** Ends it as its container would; its exit code. */
  async stop(): Promise<number | null> {
    return await this.#end('SIGTERM');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#end('SIGKILL');
    await rm(this.directory, { recursive: true, force: true });
  }

  #spawn(...args: string[]): ChildProcess {
    return spawn(process.execPath, [program, ...args], {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: this.#env,
    });
  }

  async #end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null> {
    const child = this.#process;
    if (child === undefined) return null;
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    const exited = once(child, 'close') as Promise<[code: number | null]>;
    child.kill(signal);
    const cancel = systemClock.after(stopDeadlineMs, () => child.kill('SIGKILL'));
    const [code] = await exited;
    cancel();
    return code;
  }
}

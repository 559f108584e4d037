import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pause, systemClock } from '../../src/clock.ts';
import { ensureSynapse } from './ensure-synapse.ts';
import { homeserverYaml, logYaml, type Settings } from './settings.ts';

/** A fresh start takes 1.1 s on a quiet machine; a busy one with cold caches may take many times that. */
const startDeadlineMs = 60_000;
/** How often to ask whether it answers. */
const pollMs = 50;
/** Synapse closes its database on SIGTERM in well under a second. */
const stopDeadlineMs = 10_000;
/** Enough of a log to see why a start failed. */
const tailLines = 30;

/** A Synapse of this test's own, on 127.0.0.1, with its data in a temporary directory. */
export class Synapse implements AsyncDisposable {
  readonly baseUrl: string;
  readonly serverName: string;
  readonly registrationSharedSecret: string;
  readonly #python: string;
  readonly #directory: string;
  readonly #killAtExit = (): void => {
    this.#process?.kill('SIGKILL');
  };
  #process: ChildProcess | undefined;

  constructor(python: string, settings: Settings) {
    this.#python = python;
    this.#directory = settings.directory;
    this.baseUrl = `http://127.0.0.1:${settings.port}`;
    this.serverName = settings.serverName;
    this.registrationSharedSecret = settings.registrationSharedSecret;
    process.once('exit', this.#killAtExit);
  }

  /** Resolves when it answers. @throws Error with the end of its log. */
  async start(): Promise<void> {
    const output = await open(join(this.#directory, 'output.log'), 'a');
    const child = spawn(this.#python, ['-m', 'synapse.app.homeserver', '-c', 'homeserver.yaml'], {
      cwd: this.#directory,
      env: { ...process.env, SYNAPSE_ALLOW_ROOT: '1' },
      stdio: ['ignore', output.fd, output.fd],
    });
    this.#process = child;
    await output.close();
    const deadlineMs = systemClock.monotonic() + startDeadlineMs;
    while (systemClock.monotonic() < deadlineMs && isRunning(child)) {
      if (await this.#answers()) return;
      await pause(systemClock, pollMs);
    }
    await this.kill9();
    throw new Error(`Synapse did not start:\n${await this.logTail()}`);
  }

  /** Ends it as an operator would and starts it again with its data. */
  async restart(): Promise<void> {
    await this.#terminate();
    await this.start();
  }

  /** Ends it as a crash would; `start` brings it back with its data. */
  async kill9(): Promise<void> {
    const child = this.#process;
    if (child === undefined || !isRunning(child)) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    await exited;
  }

  /** Ends it and removes its data. */
  async stop(): Promise<void> {
    await this.#terminate();
    process.off('exit', this.#killAtExit);
    await rm(this.#directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  /** The last lines of its output and its log. */
  async logTail(): Promise<string> {
    const read = (name: string) => readFile(join(this.#directory, name), 'utf8').catch(() => '');
    const lines = (await read('output.log')) + (await read('homeserver.log'));
    return lines.trim().split('\n').slice(-tailLines).join('\n');
  }

  async #terminate(): Promise<void> {
    const child = this.#process;
    if (child === undefined || !isRunning(child)) return;
    const exited = once(child, 'exit');
    child.kill('SIGTERM');
    const cancel = systemClock.after(stopDeadlineMs, () => child.kill('SIGKILL'));
    await exited;
    cancel();
  }

  async #answers(): Promise<boolean> {
    const signal = AbortSignal.timeout(1000);
    return await fetch(`${this.baseUrl}/_matrix/client/versions`, { signal }).then(
      (response) => response.ok,
      () => false,
    );
  }
}

const isRunning = (child: ChildProcess): boolean =>
  child.exitCode === null && child.signalCode === null;

/**
 * Starts a fresh Synapse, installed first if need be. Stop it, or open it with `await using`.
 * @throws Error that begins with `no Synapse:` when it cannot be had at all.
 */
export async function startSynapse(options: Pick<Settings, 'limits' | 'more'>): Promise<Synapse> {
  const python = await ensureSynapse();
  const settings: Settings = {
    directory: await mkdtemp(join(tmpdir(), 'bellhop-synapse-')),
    port: await freePort(),
    serverName: 'test.local',
    registrationSharedSecret: 'shared-secret',
    ...options,
  };
  await writeFile(join(settings.directory, 'homeserver.yaml'), homeserverYaml(settings));
  await writeFile(join(settings.directory, 'log.yaml'), logYaml(settings));
  const synapse = new Synapse(python, settings);
  try {
    await synapse.start();
  } catch (cause) {
    await synapse.stop();
    throw cause;
  }
  return synapse;
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('There is no free port.');
  return address.port;
}

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { pause, systemClock } from '../../src/clock.ts';
import { SenderMissing } from './describe-with-sender.ts';
import { freePort } from './free-port.ts';

const program = 'prometheus-alertmanager';
/** It answers within half a second; a busy machine may take many times that. */
const startDeadlineMs = 30_000;
const pollMs = 50;
/** It writes its state to disk when it ends. */
const stopDeadlineMs = 10_000;

/** An alert as Alertmanager's API takes it. */
export interface PostedAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  /** RFC 3339; in the past means resolved. */
  readonly endsAt?: string;
  readonly startsAt?: string;
}

export interface AlertmanagerOptions {
  readonly webhookUrl: string;
  readonly token: string;
  /** How long it waits before it sends a group again that has not changed. */
  readonly repeatInterval: string;
}

/** @throws SenderMissing when Debian's package is not installed. */
export async function ensureAlertmanager(): Promise<string> {
  const run = promisify(execFile);
  try {
    const { stdout, stderr } = await run(program, ['--version'], { timeout: startDeadlineMs });
    return /version (\S+)/.exec(stdout + stderr)?.[1] ?? 'unknown';
  } catch (cause) {
    throw new SenderMissing(`there is no ${program} (a package of Debian's)`, { cause });
  }
}

/** A real Alertmanager that sends everything to one webhook, on 127.0.0.1 with its state in a temporary directory. */
export class Alertmanager implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #baseUrl: string;
  readonly #dir: string;

  constructor(child: ChildProcess, baseUrl: string, dir: string) {
    this.#process = child;
    this.#baseUrl = baseUrl;
    this.#dir = dir;
  }

  /** Resolves when it answers. @throws Error with its log */
  async started(): Promise<void> {
    const deadline = systemClock.monotonic() + startDeadlineMs;
    while (systemClock.monotonic() < deadline && this.#process.exitCode === null) {
      if (await this.#answers()) return;
      await pause(systemClock, pollMs);
    }
    throw new Error(`Alertmanager did not start:\n${await this.log()}`);
  }

  /** Posts alerts as Prometheus does. @throws Error when they are not taken */
  async post(alerts: readonly PostedAlert[]): Promise<void> {
    const response = await fetch(`${this.#baseUrl}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(alerts),
      signal: AbortSignal.timeout(startDeadlineMs),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
  }

  async log(): Promise<string> {
    return await readFile(join(this.#dir, 'output.log'), 'utf8');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null && this.#process.signalCode === null) {
      const exited = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      const cancel = systemClock.after(stopDeadlineMs, () => this.#process.kill('SIGKILL'));
      await exited;
      cancel();
    }
    await rm(this.#dir, { recursive: true, force: true });
  }

  async #answers(): Promise<boolean> {
    return await fetch(`${this.#baseUrl}/-/ready`, { signal: AbortSignal.timeout(1000) }).then(
      (response) => response.ok,
      () => false,
    );
  }
}

/** Starts one. Open it with `await using`. */
export async function startAlertmanager(options: AlertmanagerOptions): Promise<Alertmanager> {
  const dir = await mkdtemp(join(tmpdir(), 'bellhop-alertmanager-'));
  await writeFile(join(dir, 'token'), options.token, { mode: 0o600 });
  await writeFile(join(dir, 'alertmanager.yml'), configuration(options, dir));
  const address = `127.0.0.1:${await freePort()}`;
  const output = await open(join(dir, 'output.log'), 'a');
  const child = spawn(
    program,
    [
      `--config.file=${join(dir, 'alertmanager.yml')}`,
      `--storage.path=${join(dir, 'state')}`,
      `--web.listen-address=${address}`,
      `--web.external-url=http://${address}`,
      // No cluster: it would look for an address of the network.
      '--cluster.listen-address=',
    ],
    { stdio: ['ignore', output.fd, output.fd] },
  );
  child.once('error', () => undefined);
  await output.close();
  const alertmanager = new Alertmanager(child, `http://${address}`, dir);
  try {
    await alertmanager.started();
    return alertmanager;
  } catch (cause) {
    await alertmanager[Symbol.asyncDispose]();
    throw cause;
  }
}

/** As in the guide, with waits as short as a test needs; JSON is YAML. */
function configuration(options: AlertmanagerOptions, dir: string): string {
  const { webhookUrl, repeatInterval } = options;
  return JSON.stringify({
    route: {
      receiver: 'matrix',
      group_by: ['alertname', 'cluster'],
      group_wait: '100ms',
      group_interval: '1s',
      repeat_interval: repeatInterval,
    },
    receivers: [
      {
        name: 'matrix',
        webhook_configs: [
          {
            url: webhookUrl,
            send_resolved: true,
            http_config: { authorization: { credentials_file: join(dir, 'token') } },
          },
        ],
      },
    ],
  });
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Part, startPart } from './processes.ts';

/** Loading the code takes half a second; a busy machine may take many times that. */
const startMsMax = 30_000;
const pollMs = 20;

/** `bellhop rmapi`, running, with a data directory of its own. */
export interface RmapiHouse {
  readonly port: number;
  stop(): Promise<void>;
}

/** Starts `bellhop rmapi` with a Synapse that is not there, so that it does nothing but write changes down. */
export async function startRmapiHouse(port: number): Promise<RmapiHouse> {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-bench-'));
  const variables = {
    SYNAPSE_URL: 'http://127.0.0.1:9',
    SYNAPSE_REGISTRATION_SECRET: 'bench',
    SYNAPSE_TOKEN_FILE: join(dir, 'token'),
    BELLHOP_RMAPI_LISTEN: `127.0.0.1:${port}`,
    LOG_LEVEL: '40',
  };
  const file = join(dir, 'environment');
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(file, lines.join(''), { mode: 0o600 });
  const part = startPart([`--env-file=${file}`, 'dist/bellhop.cjs', 'rmapi']);
  await whenItAnswers(port, part);
  return {
    port,
    async stop() {
      await part.stop('SIGKILL');
      rmSync(dir, { recursive: true, force: true });
    },
  };
}

async function whenItAnswers(port: number, { child }: Part): Promise<void> {
  const deadline = performance.now() + startMsMax;
  while (performance.now() < deadline && child.exitCode === null) {
    const answer = await fetch(`http://127.0.0.1:${port}/healthz`).catch(() => undefined);
    if (answer?.ok === true) return;
    await new Promise((resolve) => setTimeout(resolve, pollMs));
  }
  throw new Error('the drop-in did not start');
}

/** A request of the caller's for each number, each of another person. */
export function lifecycleRequest(n: number): Buffer {
  const body = JSON.stringify({
    uuid: '3ede23ae-eff2-4aa8-b7ef-7fac68c39988',
    callsign: `NORPPA${n}`,
    x509cert: 'NOCERTFOUND',
  });
  const head = [
    'POST /api/v1/users/created HTTP/1.1',
    'host: localhost',
    'x-clientcert-dn: CN=rasenmaeher,O=example.org',
    'content-type: application/json',
    `content-length: ${Buffer.byteLength(body)}`,
  ].join('\r\n');
  return Buffer.from(`${head}\r\n\r\n${body}`);
}

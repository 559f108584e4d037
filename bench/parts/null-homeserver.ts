import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { requireTool, toolEnvironment } from './debian-tools.ts';
import { startProgram } from './processes.ts';

/** A homeserver that takes every event and remembers nothing: nginx, the cheapest thing a sender can talk to. */
export interface NullHomeserver {
  readonly port: number;
  /** How many events it took so far. */
  events(): number;
  /** Waits until it took so many events; how many they were in a second, from the first to the last. */
  rate(events: number): Promise<number>;
  stop(): Promise<void>;
}

/** How often the number of events is looked at, in milliseconds: it takes next to nothing of a core. */
const lookMs = 5;

function configuration(dir: string, port: number): string {
  const json = (status: number, body: object) =>
    `return ${status} '${JSON.stringify(body).replaceAll('$', `\${dollar}`)}';`;
  const notFound = json(404, { errcode: 'M_NOT_FOUND', error: 'Event not found.' });
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((kind) => `${kind}_temp_path ${dir}/${kind};`)
    .join(' ');
  // Only events are written to the log, as a byte each: its length is their number.
  return `daemon off; worker_processes 1; pid ${dir}/pid; error_log ${dir}/errors;
events { worker_connections 1024; }
http {
  geo $dollar { default "$"; }
  map $request_method $is_event { PUT 1; default 0; }
  log_format event '';
  access_log ${dir}/events event if=$is_event;
  default_type application/json;
  keepalive_requests 1000000000; keepalive_timeout 1h; client_body_buffer_size 64k; ${temporary}
  server {
    listen 127.0.0.1:${port};
    location /_matrix/client/v3/rooms/ {
      if ($request_method = PUT) { ${json(200, { event_id: `$${'0123456789'.repeat(4)}012` })} }
      ${notFound}
    }
    location = /_matrix/client/versions { ${json(200, { versions: ['v1.15'], unstable_features: {} })} }
    location = /_matrix/client/v3/account/whoami {
      ${json(200, { user_id: '@bench:localhost', device_id: 'BENCH' })}
    }
    location / { ${notFound} }
  }
}
`;
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}

const pause = async () => await new Promise((resolve) => setTimeout(resolve, lookMs));

async function whenAnswering(port: number): Promise<void> {
  const url = `http://127.0.0.1:${port}/_matrix/client/versions`;
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const answer = await fetch(url).catch(() => undefined);
    if (answer?.ok === true) return;
    await pause();
  }
  throw new Error('nginx did not answer within 10 s');
}

/** Starts it, on one core if `core` is given and the system can pin; on `before`, where one was. */
export async function startNullHomeserver(core?: number, before?: number): Promise<NullHomeserver> {
  requireTool('nginx', 'nginx-light');
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-homeserver-'));
  const port = before ?? (await freePort());
  const file = join(dir, 'nginx.conf');
  writeFileSync(file, configuration(dir, port));
  const part = startProgram(['nginx', '-p', dir, '-c', file], { core, env: toolEnvironment });
  await whenAnswering(port);
  let taken = 0;
  let firstAt = 0;
  let lastAt = 0;
  const look = () => {
    const { size } = statSync(join(dir, 'events'));
    if (size === taken) return;
    lastAt = performance.now();
    if (taken === 0) firstAt = lastAt;
    taken = size;
  };
  const watch = setInterval(look, lookMs);
  return {
    port,
    events: () => taken,
    async rate(events) {
      while (taken < events) await pause();
      return (taken / (lastAt - firstAt)) * 1_000;
    },
    async stop() {
      clearInterval(watch);
      await part.stop();
      rmSync(dir, { recursive: true });
    },
  };
}

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { notificationOf } from './notifications.ts';
import { type Part, startPart } from './processes.ts';

export const token = 'bench-source-token';

/** By then V8 has compiled what it will run for months. */
export const warmUpMessages = 40_000;

export interface BenchHouse {
  readonly dir: string;
  readonly config: string;
  readonly port: number;
  readonly rooms: number;
  /** From the daemon's next start on, it delivers to this port. */
  deliverTo(homeserverPort: number): void;
  remove(): void;
}

/** A data directory and a configuration for a daemon that delivers to a homeserver on `homeserverPort`. */
export function makeHouse(
  port: number,
  homeserverPort: number,
  rooms: number,
  lateAfter = '5m',
): BenchHouse {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-bench-'));
  const config = join(dir, 'bellhop.yaml');
  const names = Array.from({ length: rooms }, (_, n) => `r${n}`);
  const write = (toPort: number) => {
    const document = documentFor(dir, port, toPort, names, lateAfter);
    writeFileSync(config, JSON.stringify(document), { mode: 0o600 });
  };
  write(homeserverPort);
  return {
    dir,
    config,
    port,
    rooms,
    deliverTo: write,
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

function documentFor(
  dir: string,
  port: number,
  homeserverPort: number,
  names: readonly string[],
  lateAfter: string,
) {
  return {
    data_dir: join(dir, 'data'),
    listen: [`127.0.0.1:${port}`],
    log_level: 'error',
    // Rates are measured, not what happens when nobody takes anything for long.
    limits: { queued: 10_000_000, queued_per_source: 10_000_000 },
    accounts: {
      main: {
        user_id: '@bench:localhost',
        homeserver: `http://127.0.0.1:${homeserverPort}`,
        access_token: 'bench-access-token',
      },
    },
    rooms: Object.fromEntries(
      names.map((name) => [name, { room: `!${name}`, late_after: lateAfter }]),
    ),
    sources: { bench: { token, room: 'r0', allow: names } },
  };
}

/** Starts `bellhop serve` and waits until it is ready. */
export async function startDaemon(house: BenchHouse, core?: number): Promise<Part> {
  const part = startPart(['dist/bellhop.cjs', 'serve', '-c', house.config], core);
  const deadline = performance.now() + 30_000;
  while (performance.now() < deadline) {
    try {
      const answer = await fetch(`http://127.0.0.1:${house.port}/readyz`);
      if (answer.ok) return part;
    } catch {
      // Not listening yet.
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error('the daemon did not become ready within 30 s');
}

/** Prepared requests to `POST /v1/notifications`, one for each room. */
export function notificationRequests(rooms: number): Buffer[] {
  return Array.from({ length: rooms }, (_, n) => {
    const body = JSON.stringify({ room: `r${n}`, ...notificationOf(n) });
    const head = [
      'POST /v1/notifications HTTP/1.1',
      'host: localhost',
      `authorization: Bearer ${token}`,
      'content-type: application/json',
      `content-length: ${Buffer.byteLength(body)}`,
    ].join('\r\n');
    return Buffer.from(`${head}\r\n\r\n${body}`);
  });
}

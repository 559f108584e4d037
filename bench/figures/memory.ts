import { readFileSync } from 'node:fs';
import { makeHouse, notificationRequests, startDaemon } from '../parts/daemon.ts';
import { type Figure, round } from '../parts/figure.ts';
import { startNullHomeserver } from '../parts/null-homeserver.ts';
import { flood } from '../parts/raw-load.ts';

const port = 18_504;
const rooms = 500;
const floodMs = 30_000;

function peakMegabytes(pid: number): number {
  const line = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Number(line?.[1] ?? Number.NaN) / 1_024;
}

/** The most memory the daemon ever held during a flood of 30 s, with delivery running. */
export async function memoryFigure(): Promise<Figure> {
  const homeserver = await startNullHomeserver();
  const house = makeHouse(port, homeserver.port, rooms);
  const daemon = await startDaemon(house);
  const requests = notificationRequests(rooms);
  const { answered } = await flood({ port, connections: 64, forMs: floodMs, requests });
  const value = round(peakMegabytes(daemon.child.pid ?? 0), 0);
  await daemon.stop('SIGKILL');
  await homeserver.stop();
  house.remove();
  return {
    name: 'peak memory under a flood of 30 s',
    value,
    unit: 'MB',
    bound: { kind: 'at most', value: 300 },
    detail: `${answered} messages accepted`,
  };
}

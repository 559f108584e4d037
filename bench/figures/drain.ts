import { makeHouse, notificationRequests, startDaemon } from '../parts/daemon.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { startNullHomeserver } from '../parts/null-homeserver.ts';
import { startPart } from '../parts/processes.ts';
import { flood } from '../parts/raw-load.ts';

const port = 18_502;
/** Nobody listens there. */
const deadPort = 9;
const rooms = 50;
/** V8 compiles for two seconds what then runs for months: a tenth of this, where it was half of 50,000. */
const backlog = 200_000;
const rounds = 3;

async function bareRate(): Promise<number> {
  const homeserver = await startNullHomeserver(1);
  const args = [String(homeserver.port), String(rooms), String(backlog)];
  const client = startPart(['bench/parts/bare-dispatch.ts', ...args]);
  const rate = Number(await client.line());
  await homeserver.stop();
  return rate;
}

/** Queues a backlog while nobody is there, then starts the daemon beside a homeserver and lets it drain. */
async function drainRate(): Promise<number> {
  const house = makeHouse(port, deadPort, rooms);
  const filler = await startDaemon(house);
  const requests = notificationRequests(rooms);
  const { answered } = await flood({
    port,
    connections: 64,
    forMs: 60_000,
    answersMax: backlog,
    requests,
  });
  await filler.stop('SIGKILL');
  const homeserver = await startNullHomeserver(1);
  house.deliverTo(homeserver.port);
  const daemon = await startDaemon(house);
  const rate = await homeserver.rate(answered);
  await daemon.stop();
  await homeserver.stop();
  house.remove();
  return rate;
}

/** Draining a backlog of 50 rooms, against the bare client on the same server. */
export async function drainFigure(): Promise<Figure> {
  const bare: number[] = [];
  const rates: number[] = [];
  for (let n = 0; n < rounds; n++) {
    bare.push(await bareRate());
    rates.push(await drainRate());
  }
  const ratios = rates.map((rate, n) => rate / (bare[n] ?? Number.NaN));
  return {
    name: 'drain of a 50-room backlog / bare undici dispatch',
    value: round(median(ratios)),
    unit: '×',
    bound: { kind: 'at least', value: 0.8 },
    detail: `${round(median(rates), 0)}/s against ${round(median(bare), 0)}/s`,
  };
}

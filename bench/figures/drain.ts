import { makeHouse, notificationRequests, startDaemon } from '../parts/daemon.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { type Part, startPart } from '../parts/processes.ts';
import { flood } from '../parts/raw-load.ts';

const port = 18_502;
/** Nobody listens there. */
const deadPort = 9;
const rooms = 50;
const backlog = 50_000;
const rounds = 3;

async function bareRate(): Promise<number> {
  const homeserver = startPart(['bench/parts/null-homeserver.ts'], 1);
  const homeserverPort = await homeserver.line();
  const args = ['bench/parts/bare-dispatch.ts', homeserverPort, String(rooms), String(backlog)];
  const client = startPart(args);
  const rate = Number(await client.line());
  await homeserver.stop();
  return rate;
}

async function whenTaken(homeserver: Part, events: number): Promise<number> {
  for (;;) {
    const state = JSON.parse(await homeserver.ask('')) as { events: number; ms: number };
    if (state.events >= events) return state.ms;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Queues a backlog while nobody is there, then starts the daemon beside a homeserver and lets it drain. */
async function drainRate(): Promise<number> {
  const house = makeHouse(port, deadPort, rooms);
  const filler = await startDaemon(house);
  const request = notificationRequests(rooms);
  const load = { port, connections: 64, forMs: 60_000, answersMax: backlog, request };
  const { answered } = await flood(load);
  await filler.stop('SIGKILL');
  const homeserver = startPart(['bench/parts/null-homeserver.ts'], 1);
  house.deliverTo(Number(await homeserver.line()));
  const daemon = await startDaemon(house);
  const ms = await whenTaken(homeserver, answered);
  await daemon.stop();
  await homeserver.stop();
  house.remove();
  return (answered / ms) * 1_000;
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

import { makeHouse, notificationRequests, startDaemon, warmUpMessages } from '../parts/daemon.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { type NullHomeserver, startNullHomeserver } from '../parts/null-homeserver.ts';
import { startPart } from '../parts/processes.ts';
import { flood } from '../parts/raw-load.ts';
import { startSlowHomeserver } from '../parts/slow-homeserver.ts';

const port = 18_502;
const rooms = 50;
const rounds = 3;

/** Where a backlog goes, and how much of it. */
interface Destination {
  readonly start: (before?: number) => Promise<NullHomeserver>;
  readonly warmUp: number;
  readonly backlog: number;
}

const atOnce: Destination = {
  start: async (before) => await startNullHomeserver(1, before),
  warmUp: warmUpMessages,
  backlog: 100_000,
};

/** Synapse takes some 10 to 50 ms for an event. */
const after20ms: Destination = {
  start: async (before) => await startSlowHomeserver(20, before),
  warmUp: 5_000,
  backlog: 20_000,
};

async function bareRate({ start, warmUp, backlog }: Destination): Promise<number> {
  const homeserver = await start();
  const args = [homeserver.port, rooms, warmUp, backlog].map(String);
  const client = startPart(['bench/parts/bare-dispatch.ts', ...args]);
  const rate = Number(await client.line());
  await homeserver.stop();
  return rate;
}

/** The homeserver goes away, a backlog gathers, and it comes back. */
async function drainRate(to: Destination, lateAfter?: string): Promise<number> {
  const before = await to.start();
  const house = makeHouse(port, before.port, rooms, lateAfter);
  const daemon = await startDaemon(house);
  const asked = { port, connections: 64, forMs: 60_000, requests: notificationRequests(rooms) };
  const warmUp = await flood({ ...asked, answersMax: to.warmUp });
  await before.rate(warmUp.answered);
  await before.stop();
  const { answered } = await flood({ ...asked, answersMax: to.backlog });
  const after = await to.start(before.port);
  // A reload wakes what waits for the homeserver.
  daemon.child.kill('SIGHUP');
  const rate = await after.rate(answered);
  await daemon.stop();
  await after.stop();
  house.remove();
  return rate;
}

/** Draining what 50 rooms are owed after an outage, against the bare client on the same server. */
export async function drainFigures(): Promise<Figure[]> {
  const bare: number[] = [];
  const rates: number[] = [];
  const late: number[] = [];
  const bareSlow: number[] = [];
  const slow: number[] = [];
  for (let n = 0; n < rounds; n++) {
    bare.push(await bareRate(atOnce));
    rates.push(await drainRate(atOnce));
    late.push(await drainRate(atOnce, '1ms'));
    bareSlow.push(await bareRate(after20ms));
    slow.push(await drainRate(after20ms));
  }
  const ratios = (over: readonly number[], under: readonly number[]) =>
    round(median(over.map((rate, n) => rate / (under[n] ?? Number.NaN))));
  return [
    {
      name: 'drain of a 50-room backlog / bare undici dispatch',
      value: ratios(rates, bare),
      unit: '×',
      bound: { kind: 'at least', value: 0.8 },
      detail: `${round(median(rates), 0)}/s against ${round(median(bare), 0)}/s`,
    },
    {
      name: 'drain of a 50-room backlog / bare undici dispatch, a homeserver that takes 20 ms',
      value: ratios(slow, bareSlow),
      unit: '×',
      bound: { kind: 'at least', value: 0.8 },
      detail: `${round(median(slow), 0)}/s against ${round(median(bareSlow), 0)}/s`,
    },
    {
      name: 'drain of a backlog that is late, and says so / of one that is not',
      value: ratios(late, rates),
      unit: '×',
      bound: { kind: 'at least', value: 0.5 },
      detail: `${round(median(late), 0)}/s against ${round(median(rates), 0)}/s`,
    },
  ];
}

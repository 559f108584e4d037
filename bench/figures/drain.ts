import { makeHouse, notificationRequests, startDaemon, warmUpMessages } from '../parts/daemon.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { startNullHomeserver } from '../parts/null-homeserver.ts';
import { startPart } from '../parts/processes.ts';
import { flood } from '../parts/raw-load.ts';

const port = 18_502;
const rooms = 50;
const backlog = 100_000;
const rounds = 3;

async function bareRate(): Promise<number> {
  const homeserver = await startNullHomeserver(1);
  const args = [homeserver.port, rooms, warmUpMessages, backlog].map(String);
  const client = startPart(['bench/parts/bare-dispatch.ts', ...args]);
  const rate = Number(await client.line());
  await homeserver.stop();
  return rate;
}

/** The homeserver goes away, a backlog gathers, and it comes back. */
async function drainRate(lateAfter?: string): Promise<number> {
  const before = await startNullHomeserver(1);
  const house = makeHouse(port, before.port, rooms, lateAfter);
  const daemon = await startDaemon(house);
  const asked = { port, connections: 64, forMs: 60_000, requests: notificationRequests(rooms) };
  const warmUp = await flood({ ...asked, answersMax: warmUpMessages });
  await before.rate(warmUp.answered);
  await before.stop();
  const { answered } = await flood({ ...asked, answersMax: backlog });
  const after = await startNullHomeserver(1, before.port);
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
  for (let n = 0; n < rounds; n++) {
    bare.push(await bareRate());
    rates.push(await drainRate());
    late.push(await drainRate('1ms'));
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
      name: 'drain of a backlog that is late, and says so / of one that is not',
      value: ratios(late, rates),
      unit: '×',
      bound: { kind: 'at least', value: 0.5 },
      detail: `${round(median(late), 0)}/s against ${round(median(rates), 0)}/s`,
    },
  ];
}

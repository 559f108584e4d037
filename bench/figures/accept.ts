import { makeHouse, notificationRequests, startDaemon } from '../parts/daemon.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { startPart } from '../parts/processes.ts';
import { flood } from '../parts/raw-load.ts';

const port = 18_501;
/** Nobody listens there: what is accepted stays queued, and delivery takes nothing of the core. */
const deadPort = 9;
const rooms = 50;
/** Enough that neither server ever waits for its callers. */
const connections = 256;
const rounds = 5;
const roundMs = 3_000;

/** Durable accept through the real gateway, against a server that parses and stores nothing, under the same load. */
export async function acceptFigure(): Promise<Figure> {
  const request = notificationRequests(rooms);
  const bare = startPart(['bench/parts/bare-http.ts']);
  const barePort = Number(await bare.line());
  const house = makeHouse(port, deadPort, rooms);
  const daemon = await startDaemon(house);
  const bareRates: number[] = [];
  const rates: number[] = [];
  await flood({ port, connections, forMs: 1_000, request });
  await flood({ port: barePort, connections, forMs: 1_000, request });
  for (let n = 0; n < rounds; n++) {
    bareRates.push(
      (await flood({ port: barePort, connections, forMs: roundMs, request })).perSecond,
    );
    rates.push((await flood({ port, connections, forMs: roundMs, request })).perSecond);
  }
  await daemon.stop('SIGKILL');
  await bare.stop();
  house.remove();
  const ratios = rates.map((rate, n) => rate / (bareRates[n] ?? Number.NaN));
  return {
    name: 'durable accept / bare node:http',
    value: round(median(ratios)),
    unit: '×',
    bound: { kind: 'at least', value: 0.5 },
    detail: `${round(median(rates), 0)}/s against ${round(median(bareRates), 0)}/s`,
  };
}

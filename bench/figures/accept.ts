import { makeHouse, notificationRequests, startDaemon } from '../parts/daemon.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { load } from '../parts/load.ts';
import { startPart } from '../parts/processes.ts';

const port = 18_501;
/** Nobody listens there: what is accepted stays queued, and delivery takes nothing of the core. */
const deadPort = 9;
const rooms = 50;
/** Enough that neither server ever waits for its callers. */
const connections = 256;
const rounds = 5;
const seconds = 3;

/** Durable accept through the real gateway, against a server that parses and stores nothing, under the same load. */
export async function acceptFigure(): Promise<Figure> {
  const requests = notificationRequests(rooms);
  const rate = async (to: number) => {
    const { perSecond, failed } = await load({ port: to, connections, seconds, requests });
    if (failed > 0) throw new Error(`${failed} requests failed`);
    return perSecond;
  };
  const bare = startPart(['bench/parts/bare-http.ts']);
  const barePort = Number(await bare.line());
  const house = makeHouse(port, deadPort, rooms);
  const daemon = await startDaemon(house);
  const bareRates: number[] = [];
  const rates: number[] = [];
  await rate(port);
  await rate(barePort);
  for (let n = 0; n < rounds; n++) {
    bareRates.push(await rate(barePort));
    rates.push(await rate(port));
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

import { makeHouse, notificationRequests, startDaemon, warmUpMessages } from '../parts/daemon.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { load } from '../parts/load.ts';
import { startNullHomeserver } from '../parts/null-homeserver.ts';
import { startPart } from '../parts/processes.ts';
import { flood } from '../parts/raw-load.ts';

const port = 18_503;
const rooms = 50;
const connections = 64;
const rounds = 3;
const messages = 100_000;

async function bareAccept(): Promise<number> {
  const bare = startPart(['bench/parts/bare-http.ts'], 0);
  const barePort = Number(await bare.line());
  const requests = notificationRequests(rooms);
  const { perSecond } = await load({ port: barePort, connections, seconds: 4, requests });
  await bare.stop();
  return perSecond;
}

async function bareDispatch(): Promise<number> {
  const homeserver = await startNullHomeserver(1);
  const args = [homeserver.port, rooms, warmUpMessages, messages].map(String);
  const client = startPart(['bench/parts/bare-dispatch.ts', ...args], 0);
  const rate = Number(await client.line());
  await homeserver.stop();
  return rate;
}

/** Messages per second from the first request to the last delivery, with the whole gateway on one core. */
async function gatewayRate(): Promise<number> {
  const homeserver = await startNullHomeserver(1);
  const house = makeHouse(port, homeserver.port, rooms);
  const daemon = await startDaemon(house, 0);
  const requests = notificationRequests(rooms);
  const asked = { port, connections, forMs: 60_000, requests };
  const warmUp = await flood({ ...asked, answersMax: warmUpMessages });
  const startedAt = performance.now();
  const { answered } = await flood({ ...asked, answersMax: messages });
  await homeserver.rate(answered + warmUp.answered);
  const rate = (answered / (performance.now() - startedAt)) * 1_000;
  await daemon.stop();
  await homeserver.stop();
  house.remove();
  return rate;
}

/** Accept, fsync and delivery on one core, against what the two bare figures together allow. */
export async function endToEndFigure(): Promise<Figure> {
  const ratios: number[] = [];
  const rates: number[] = [];
  const limits: number[] = [];
  for (let n = 0; n < rounds; n++) {
    const limit = 1 / (1 / (await bareAccept()) + 1 / (await bareDispatch()));
    const rate = await gatewayRate();
    limits.push(limit);
    rates.push(rate);
    ratios.push(rate / limit);
  }
  return {
    name: 'accept + fsync + deliver on one core / the two bare figures together',
    value: round(median(ratios)),
    unit: '×',
    bound: { kind: 'at least', value: 0.5 },
    detail: `${round(median(rates), 0)}/s against ${round(median(limits), 0)}/s`,
  };
}

import { makeHouse, notificationRequests, startDaemon } from '../parts/daemon.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { startPart } from '../parts/processes.ts';
import { flood } from '../parts/raw-load.ts';

const port = 18_503;
const rooms = 50;
const connections = 64;
const rounds = 3;
const messages = 40_000;

async function bareAccept(): Promise<number> {
  const bare = startPart(['bench/parts/bare-http.ts'], 0);
  const barePort = Number(await bare.line());
  const request = notificationRequests(rooms);
  const { perSecond } = await flood({ port: barePort, connections, forMs: 4_000, request });
  await bare.stop();
  return perSecond;
}

async function bareDispatch(): Promise<number> {
  const homeserver = startPart(['bench/parts/null-homeserver.ts'], 1);
  const args = ['bench/parts/bare-dispatch.ts', await homeserver.line(), String(rooms), '60000'];
  const client = startPart(args, 0);
  const rate = Number(await client.line());
  await homeserver.stop();
  return rate;
}

/** Messages per second from the first request to the last delivery, with the whole gateway on one core. */
async function gatewayRate(): Promise<number> {
  const homeserver = startPart(['bench/parts/null-homeserver.ts'], 1);
  const house = makeHouse(port, Number(await homeserver.line()), rooms);
  const daemon = await startDaemon(house, 0);
  const request = notificationRequests(rooms);
  const warmUp = await flood({ port, connections, forMs: 10_000, answersMax: 5_000, request });
  const startedAt = performance.now();
  const load = { port, connections, forMs: 60_000, answersMax: messages, request };
  const { answered } = await flood(load);
  for (;;) {
    const { events } = JSON.parse(await homeserver.ask('')) as { events: number };
    if (events >= answered + warmUp.answered) break;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
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

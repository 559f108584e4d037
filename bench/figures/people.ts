import { makeHouse, notificationRequests, startDaemon } from '../parts/daemon.ts';
import { DeploymentHouse } from '../parts/deployment-house.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { flood } from '../parts/raw-load.ts';
import { lifecycleRequest, startRmapiHouse } from '../parts/rmapi-house.ts';

const outboxPort = 18_521;
const rmapiPort = 18_522;
/** Nobody listens there: what is accepted stays queued. */
const deadPort = 9;
const rooms = 50;
const connections = 256;
const rounds = 3;
/** So many changes, as a whole directory that is told at once. */
const changes = 10_000;
/** Ten times what it takes on a slow machine. */
const floodMsMax = 60_000;

/** What python-matrix-rmapi asks of Synapse at its first start. */
const originalCalls = 48;
const crowd = 1_000;
const crowdRooms = 10;
const changed = 10;

/** How fast changes of people are written down, and how little of the homeserver they take. */
export async function peopleFigures(): Promise<Figure[]> {
  return [await acceptance(), await setUp(), ...(await steadiness())];
}

/** Ten thousand changes through the drop-in, against as many messages through the gateway. */
async function acceptance(): Promise<Figure> {
  const house = makeHouse(outboxPort, deadPort, rooms);
  const daemon = await startDaemon(house);
  const rmapi = await startRmapiHouse(rmapiPort);
  const requests = notificationRequests(rooms);
  const load = { connections, forMs: floodMsMax, answersMax: changes };
  const messageRates: number[] = [];
  const changeRates: number[] = [];
  for (let n = -1; n < rounds; n++) {
    const messages = await flood({ ...load, port: outboxPort, requests });
    const change = (number: number) => lifecycleRequest((n + 1) * changes + number);
    const people = await flood({ ...load, port: rmapiPort, requests: change });
    if (messages.failed + people.failed > 0) throw new Error('a request was refused');
    // The first of each warms up.
    if (n < 0) continue;
    messageRates.push(messages.perSecond);
    changeRates.push(people.perSecond);
  }
  await daemon.stop('SIGKILL');
  await rmapi.stop();
  house.remove();
  const ratios = changeRates.map((rate, n) => rate / (messageRates[n] ?? Number.NaN));
  return {
    name: `accept of ${changes} changes of people / durable accept of messages`,
    value: round(median(ratios)),
    unit: '×',
    bound: { kind: 'at least', value: 0.5 },
    detail: `${round(median(changeRates), 0)}/s against ${round(median(messageRates), 0)}/s`,
  };
}

/** A first start, from the registration of the bot to rooms that are as they are to be. */
async function setUp(): Promise<Figure> {
  await using house = await DeploymentHouse.open(5);
  const { reads, writes } = await house.round();
  return {
    name: 'calls of a first start with 5 rooms',
    value: reads + writes,
    unit: 'calls',
    bound: { kind: 'at most', value: originalCalls - 1 },
    detail: `${reads} reads, ${writes} writes; python-matrix-rmapi: ${originalCalls}`,
  };
}

/** A round for a thousand people in ten rooms, when nothing is to be done and when a few were promoted. */
async function steadiness(): Promise<Figure[]> {
  await using house = await DeploymentHouse.open(crowdRooms);
  const names = Array.from({ length: crowd }, (_, n) => `norppa${n}`);
  for (const name of names) {
    house.homeserver.createUser(name);
    await house.say('created', name);
  }
  const first = await house.round();
  const idle = await house.round();
  for (const name of names.slice(0, changed)) await house.say('promoted', name);
  const busy = await house.round();
  const crowded = `${crowd} people in ${crowdRooms} rooms`;
  return [
    {
      name: `reads of a round that finds nothing to do, ${crowded}`,
      value: idle.reads,
      unit: 'reads',
      // What the bot, each room's alias, its state for rooms and its state for people take.
      bound: { kind: 'at most', value: 4 * crowdRooms },
      detail: `${idle.writes} writes; the first round: ${first.reads} reads, ${first.writes} writes`,
    },
    {
      name: `writes of a round in which ${changed} of them are promoted`,
      value: busy.writes,
      unit: 'writes',
      bound: { kind: 'at most', value: changed },
      detail: `${busy.reads} reads; levels of all are one write for each room`,
    },
  ];
}

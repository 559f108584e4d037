import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { pause, systemClock } from '../../src/clock.ts';
import type { RoomId } from '../../src/matrix/ids.ts';
import { createRoom } from '../../src/matrix/rooms.ts';
import { DeliveryChecker } from '../../src/testing/delivery-checker.ts';
import { freePort } from '../senders/free-port.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { startSynapse } from '../synapse/start-synapse.ts';
import { call } from './parts/call.ts';
import { readRoom, readTexts } from './parts/read-room.ts';
import { ServeProcess } from './parts/serve-process.ts';
import { operatorToken } from './parts/start-gateway.ts';
import { submitUntilAccepted } from './parts/submit-until-accepted.ts';
import { type Member, SynapsePeople, soon } from './parts/synapse-people.ts';

/** What issue and README promise: a thousand messages to twenty rooms from four clients. */
const clientsCount = 4;
const roomsOfClient = 5;
const messagesOfRoom = 50;
const messagesCount = clientsCount * roomsOfClient * messagesOfRoom;

/** Synapse takes about 80 a second where nothing else runs; a busy machine takes several times as long. */
const testDeadlineMs = 240_000;
/** How often to look whether delivery has begun. */
const repeatAfterMs = 25;
const repeatsMax = 4_000;
const waitsMax = 4;

interface Room {
  readonly name: string;
  readonly roomId: RoomId;
  readonly token: string;
}

const tokenOf = (client: number): string => `token-of-client-${client}`;
const markOf = (room: Room, number: number): string => `${room.name} ${number}`;

/** Calls back at chosen counts of acknowledged messages, in the turn in which the count is reached. */
class Acknowledgements {
  readonly #milestones = new Map<number, () => void>();
  count = 0;

  async reach(count: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#milestones.set(count, () => resolve(undefined));
    await promise;
  }

  add(): void {
    this.#milestones.get(++this.count)?.();
  }
}

/** Sends a room's messages in order; resolves when the last is accepted. */
async function fill(url: string, room: Room, accepted: Acknowledgements): Promise<void> {
  for (let number = 1; number <= messagesOfRoom; number++) {
    const { token, name } = room;
    await submitUntilAccepted({ url, token, room: name }, markOf(room, number));
    accepted.add();
  }
}

async function writeConfig(
  dir: string,
  port: number,
  rooms: readonly Room[],
  account: object,
): Promise<string> {
  const path = join(dir, 'bellhop.yaml');
  const ofClient = (client: number) => rooms.filter(({ token }) => token === tokenOf(client));
  const config = {
    data_dir: join(dir, 'data'),
    listen: [`127.0.0.1:${port}`],
    accounts: { main: account },
    rooms: Object.fromEntries(rooms.map(({ name, roomId }) => [name, roomId])),
    sources: Object.fromEntries(
      Array.from({ length: clientsCount }, (_, client) => [
        `client-${client}`,
        { token: tokenOf(client), allow: ofClient(client).map(({ name }) => name) },
      ]),
    ),
    operators: { admin: { token: operatorToken } },
  };
  await writeFile(path, JSON.stringify(config), { mode: 0o600 });
  return path;
}

async function createRooms(people: SynapsePeople, owner: Member): Promise<Room[]> {
  const session = await people.logIn(owner);
  const rooms: Room[] = [];
  for (let client = 0; client < clientsCount; client++) {
    for (let place = 0; place < roomsOfClient; place++) {
      const roomId = await createRoom(session, { preset: 'public_chat' }, soon());
      rooms.push({ name: `room-${client}-${place}`, roomId, token: tokenOf(client) });
    }
  }
  return rooms;
}

/** Resolves when the room's last message has been delivered: the same key again, and wait for its end. */
async function lastIsDelivered(url: string, room: Room): Promise<void> {
  const mark = markOf(room, messagesOfRoom);
  for (let waits = 0; waits < waitsMax; waits++) {
    const answer = await call('POST', `${url}/v1/notifications?wait=55s`, {
      token: room.token,
      headers: { 'idempotency-key': mark },
      body: { room: room.name, body: mark },
    });
    if (answer.status === 200) return;
  }
  throw new Error(`${mark} was never delivered.`);
}

/** Resolves when a room has events of the gateway: delivery is in full swing. */
async function burstHasBegun(people: SynapsePeople, owner: Member, room: Room): Promise<void> {
  const session = await people.logIn(owner);
  for (let looks = 0; looks < repeatsMax; looks++) {
    const events = await readRoom(session, room.roomId);
    if (events.length >= messagesOfRoom / 5) return;
    await pause(systemClock, repeatAfterMs);
  }
  throw new Error('Nothing is delivered.');
}

function entriesIn(metrics: string, state: string): number {
  const found = new RegExp(`^bellhop_outbox_messages\\{state="${state}"\\} (\\d+)$`, 'm').exec(
    metrics,
  );
  return Number(found?.[1] ?? 0);
}

await describeWithSynapse('through outages', () => {
  it(
    'a thousand messages sent while Synapse is away and the daemon is killed twice arrive once and in order, though Synapse is killed too while they do',
    async () => {
      await using synapse = await startSynapse({ limits: 'open' });
      await using people = new SynapsePeople(synapse);
      const [bot, owner] = [await people.register('bot'), await people.register('owner')];
      const rooms = await createRooms(people, owner);
      const dir = await mkdtemp(join(tmpdir(), 'bellhop-outage-'));
      try {
        const port = await freePort();
        const url = `http://127.0.0.1:${port}`;
        const config = await writeConfig(dir, port, rooms, people.accountOf(bot));
        await using daemon = new ServeProcess(config, url);
        await synapse.kill9();
        await daemon.start();

        const accepted = new Acknowledgements();
        const kills = [messagesCount / 3, (messagesCount * 2) / 3].map(async (count) => {
          await accepted.reach(Math.round(count));
          await daemon.kill9();
          await daemon.start();
        });
        await Promise.all([...rooms.map((room) => fill(url, room, accepted)), ...kills]);
        const { text: metrics } = await call('GET', `${url}/metrics`);
        expect(entriesIn(metrics, 'queued') + entriesIn(metrics, 'unknown')).toBe(messagesCount);

        await synapse.start();
        await call('POST', `${url}/v1/wake`, { token: operatorToken });
        const [first] = rooms;
        if (first === undefined) throw new Error('There are no rooms.');
        await burstHasBegun(people, owner, first);
        await synapse.kill9();
        await synapse.start();
        await Promise.all(rooms.map((room) => lastIsDelivered(url, room)));

        const checker = new DeliveryChecker();
        const reader = await people.logIn(owner);
        for (const room of rooms) {
          for (let number = 1; number <= messagesOfRoom; number++) {
            checker.expect(room.name, markOf(room, number));
          }
          for (const text of await readTexts(reader, room.roomId)) checker.arrive(room.name, text);
        }
        const none = { lost: 0, doubled: 0, misordered: 0, unexpected: 0, examples: [] };
        const verdict = checker.verdict();
        expect(verdict).toEqual({ expected: messagesCount, delivered: messagesCount, ...none });
        expect(await daemon.stop()).toBe(0);
      } finally {
        await rm(dir, { recursive: true, force: true });
      }
    },
    testDeadlineMs,
  );
});

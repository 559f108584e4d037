import { expect, it } from 'vitest';
import { pause, systemClock } from '../../src/clock.ts';
import type { RoomId } from '../../src/matrix/ids.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { ElementReader } from './parts/element-reader.ts';
import { EncryptionStage } from './parts/encryption-stage.ts';
import { sourceToken } from './parts/start-gateway.ts';
import { submitUntilAccepted } from './parts/submit-until-accepted.ts';

/** What the issue of encryption and its guide promise: ten kills during 500 messages to 5 rooms. */
const roomsCount = 5;
const messagesOfRoom = 100;
const kills = 10;
/** So many requests with an event between two kills: the last comes well before the end. */
const sendsBetweenKills = 40;

/** How often to look what was sent. */
const lookMs = 25;
const looksMax = 4_000;
/** Synapse takes about 80 a second where nothing else runs. */
const testDeadlineMs = 240_000;

interface Room {
  readonly name: string;
  readonly roomId: RoomId;
}

const markOf = ({ name }: Room, number: number): string => `${name} ${number}`;

/** Sends a room's messages in order; resolves when the last is accepted. */
async function fill({ url }: EncryptionStage, room: Room): Promise<void> {
  const submitted = { url, token: sourceToken, room: room.name };
  for (let number = 1; number <= messagesOfRoom; number++) {
    await submitUntilAccepted(submitted, markOf(room, number));
  }
}

/** Resolves when the account has asked so often for an event to be taken. */
async function whenSent(stage: EncryptionStage, count: number): Promise<void> {
  for (let looks = 0; looks < looksMax; looks++) {
    const sent = stage.proxy.requests.filter(
      ({ method, path }) => method === 'PUT' && path.includes('/send/m.room.encrypted/'),
    );
    if (sent.length >= count) return;
    await pause(systemClock, lookMs);
  }
  throw new Error(`No ${count} events were sent.`);
}

await describeWithSynapse('a daemon that is killed while it encrypts', () => {
  it(
    'says each of 500 messages in 5 rooms once, in order and readable, though it is killed ten times',
    async () => {
      await using stage = await EncryptionStage.open();
      await using reader = await ElementReader.arrive(stage.people, 'element');
      const rooms: Room[] = [];
      for (let place = 0; place < roomsCount; place++) {
        rooms.push({ name: `room-${place}`, roomId: await stage.room(reader.session) });
      }
      await stage.configure(Object.fromEntries(rooms.map((room) => [room.name, room])));
      await stage.register();
      await using daemon = stage.daemon();
      await daemon.start();

      const filling = Promise.all(rooms.map(async (room) => await fill(stage, room)));
      for (let kill = 1; kill <= kills; kill++) {
        await whenSent(stage, kill * sendsBetweenKills);
        await daemon.kill9();
        await daemon.start();
      }
      await filling;

      for (const room of rooms) {
        const seen = await reader.whenSeen(room.roomId, stage.bot.userId, messagesOfRoom);
        const marks = Array.from({ length: messagesOfRoom }, (_, i) => markOf(room, i + 1));
        expect(seen.map(({ content }) => content['body'])).toEqual(marks);
        expect(new Set(seen.map(({ shield }) => shield))).toEqual(new Set(['none']));
      }
      expect(await daemon.stop()).toBe(0);
    },
    testDeadlineMs,
  );
});

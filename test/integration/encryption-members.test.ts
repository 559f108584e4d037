import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RoomId } from '../../src/matrix/ids.ts';
import { joinRoom } from '../../src/matrix/rooms.ts';
import type { Session } from '../../src/matrix/session.ts';
import { OlmClient } from '../../src/testing/olm-client.contract.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { ElementReader } from './parts/element-reader.ts';
import { EncryptionStage } from './parts/encryption-stage.ts';
import type { ServeProcess } from './parts/serve-process.ts';
import { type Member, soon } from './parts/synapse-people.ts';

/** A key is given up after so many messages (`rotation_period_msgs`, by default). */
const messagesOfKey = 100;
const messagesMore = 10;
const crowdDevices = 200;
/** Those that log in at once: enough for two cores. */
const atOnce = 4;
/** Each of so many devices of the crowd reads for all of them. */
const readEvery = 20;
/** A homeserver tells of a change within a second; until then what is said may still go by the old list. */
const changeDeadlineMs = 30_000;
const repeatMs = 200;
/** Two hundred devices make their keys. */
const testDeadlineMs = 120_000;

interface WireEvent {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly content: Readonly<Record<string, unknown>>;
}

let stage: EncryptionStage;
let reader: ElementReader;
let daemon: ServeProcess;
let roomId: RoomId;
let said = 0;

/** A device of somebody, in memory, which nobody signs. */
async function openDevice(session: Session): Promise<OlmClient> {
  const client = await OlmClient.start(stage.synapse.baseUrl, session);
  await client.sync();
  return client;
}

async function logIn(member: Member): Promise<OlmClient> {
  return await openDevice(await stage.people.logIn(member));
}

/** The event as which a new message arrives. */
async function say(): Promise<WireEvent> {
  const body = `message ${++said}`;
  await stage.notify('ops', body);
  const path = `/rooms/${encodeURIComponent(roomId)}/messages?dir=b&limit=1`;
  const { homeserver, ...session } = reader.session;
  const answer = await fetch(`${homeserver.baseUrl}/_matrix/client/v3${path}`, {
    headers: { authorization: `Bearer ${session.accessToken}` },
    signal: soon(),
  });
  const [event] = ((await answer.json()) as { chunk: WireEvent[] }).chunk;
  if (event?.type !== 'm.room.encrypted') throw new Error(`${body} did not arrive.`);
  return event;
}

/** Whether a device can read an event by now. */
async function reads(device: OlmClient, event: WireEvent): Promise<boolean> {
  await device.sync();
  return await device.decrypt(roomId, event).then(
    () => true,
    () => false,
  );
}

/** Says something until `check` is content with it; that event. */
async function sayUntil(
  check: (event: WireEvent) => Promise<boolean> | boolean,
): Promise<WireEvent> {
  return await vi.waitFor(
    async () => {
      const event = await say();
      if (!(await check(event))) throw new Error('Not yet.');
      return event;
    },
    { timeout: changeDeadlineMs, interval: repeatMs },
  );
}

const keyOf = ({ content }: WireEvent): unknown => content['session_id'];

/** Devices to which the account sent keys, of all requests so far. */
function devicesWithKeys(userId: string): Set<string> {
  const sent = stage.proxy.requests.filter(({ path }) =>
    path.includes('/sendToDevice/m.room.encrypted/'),
  );
  const bodies = sent.map(
    ({ body }) =>
      JSON.parse(body.toString()) as { messages: Record<string, Record<string, unknown>> },
  );
  return new Set(bodies.flatMap(({ messages }) => Object.keys(messages[userId] ?? {})));
}

await describeWithSynapse('who is given the keys of an encrypted room', () => {
  beforeAll(async () => {
    stage = await EncryptionStage.open();
    reader = await ElementReader.arrive(stage.people, 'element');
    roomId = await stage.room(reader.session);
    await stage.configure({ ops: { roomId, sharing: 'all-devices' } });
    await stage.register();
    daemon = stage.daemon();
    await daemon.start();
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    await reader[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  it('a hundred messages use one key, the next another, and all are read', async () => {
    for (let number = 1; number < messagesOfKey + messagesMore; number++) {
      await stage.submit('ops', `message ${++said}`);
    }
    await say();
    const seen = await reader.whenSeen(roomId, stage.bot.userId, said);
    expect(seen.map(({ content }) => content['body'])).toEqual(
      seen.map((_, place) => `message ${place + 1}`),
    );
    const keys = seen.map(({ wireContent }) => wireContent['session_id']);
    expect(new Set(keys.slice(0, messagesOfKey)).size).toBe(1);
    expect(new Set(keys.slice(messagesOfKey)).size).toBe(1);
    expect(new Set(keys).size).toBe(2);
  });

  it('a device that logs in later, and somebody who joins, read what comes after and nothing before', async () => {
    const member = await stage.people.register('joiner');
    const before = await say();
    const first = await logIn(member);
    await joinRoom(await stage.people.logIn(member), roomId, [], soon());
    const joined = await sayUntil(async (event) => await reads(first, event));
    const later = await logIn(member);
    const after = await sayUntil(async (event) => await reads(later, event));
    expect(await reads(first, after)).toBe(true);
    expect(await reads(first, before)).toBe(false);
    expect(await reads(later, joined)).toBe(false);
  });

  it('who leaves reads what was said before, and gets no key again', async () => {
    const member = await stage.people.register('leaver');
    const session = await stage.people.logIn(member);
    await joinRoom(session, roomId, [], soon());
    const device = await openDevice(session);
    const before = await sayUntil(async (event) => await reads(device, event));
    await device.call('POST', `/rooms/${encodeURIComponent(roomId)}/leave`, '{}');
    const after = await sayUntil((event) => keyOf(event) !== keyOf(before));
    expect(await reads(device, after)).toBe(false);
    expect(await reads(device, before)).toBe(true);
    expect(await reads(device, await say())).toBe(false);
  });

  it(
    'two hundred devices of one member all get the key',
    async () => {
      const member = await stage.people.register('crowd');
      const devices: OlmClient[] = [];
      while (devices.length < crowdDevices) {
        const some = Array.from({ length: atOnce }, async () => {
          const session = await stage.people.logIn(member);
          return await OlmClient.start(stage.synapse.baseUrl, session);
        });
        devices.push(...(await Promise.all(some)));
      }
      await joinRoom(await stage.people.logIn(member), roomId, [], soon());
      const readers = devices.filter((_, place) => place % readEvery === 0);
      const last = devices.at(-1);
      if (last === undefined) throw new Error('There is no crowd.');
      const event = await sayUntil(async (one) => await reads(last, one));
      for (const device of readers) expect(await reads(device, event)).toBe(true);
      const given = devicesWithKeys(member.userId);
      expect(devices.filter(({ user }) => !given.has(user.deviceId))).toEqual([]);
      await reader.whenSeen(roomId, stage.bot.userId, said);
      await stage.ok('doctor');
    },
    testDeadlineMs,
  );
});

import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { sendEvent } from '../../src/matrix/events.ts';
import type { RoomId } from '../../src/matrix/ids.ts';
import { logout } from '../../src/matrix/login.ts';
import { createRoom, joinRoom } from '../../src/matrix/rooms.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { ElementReader } from './parts/element-reader.ts';
import { EncryptionStage } from './parts/encryption-stage.ts';
import type { FalseAnswer, Lie } from './parts/recording-proxy.ts';
import { sayings } from './parts/say-everything.ts';
import type { ServeProcess } from './parts/serve-process.ts';
import { soon } from './parts/synapse-people.ts';

/** A dozen of lanes, each waiting for the others' barriers. */
const testDeadlineMs = 150_000;
/** Whatever waits is woken until it has asked; outages hold all of a homeserver's rooms up together. */
const askedDeadlineMs = 45_000;
const wakeMs = 250;

const json = (status: number, errcode?: string): FalseAnswer => ({
  kind: 'answer',
  status,
  body: JSON.stringify(errcode === undefined ? {} : { errcode, error: 'a lie' }),
});
const html = (status: number): FalseAnswer => ({
  kind: 'answer',
  status,
  body: '<h1>a lie</h1>',
  contentType: 'text/html',
});

/** What an encrypted room's homeserver, or what stands before it, may say instead of the truth. */
const lies: Readonly<Record<string, FalseAnswer>> = {
  'says-403': json(403, 'M_FORBIDDEN'),
  'says-404-bare': json(404),
  'says-404-unrecognized': json(404, 'M_UNRECOGNIZED'),
  'says-404-html': html(404),
  'says-400': json(400, 'M_UNKNOWN'),
  'says-200-html': html(200),
  'says-302': json(302),
  'says-429': json(429, 'M_LIMIT_EXCEEDED'),
  'says-500': json(500, 'M_UNKNOWN'),
  'says-502-html': html(502),
  'says-504': html(504),
  dropped: { kind: 'drop' },
  stalled: { kind: 'stall' },
};

interface LyingRoom {
  readonly name: string;
  readonly roomId: RoomId;
  readonly eventId: string;
  readonly answer: FalseAnswer;
  /** The kind of message that is said there first; only that is tried as long as the homeserver lies. */
  readonly first: string;
}

interface Entry {
  readonly id: string;
  readonly room: string;
  readonly type: string;
  readonly state: string;
  readonly attempts: number;
  readonly last_error?: string;
  readonly waits_for?: string;
}

let stage: EncryptionStage;
let reader: ElementReader;
let daemon: ServeProcess;

const wordOf = (room: string, kind: string): string => `clear-${room}-${kind}`;

async function makeRoom(name: string, answer: FalseAnswer, first: string): Promise<LyingRoom> {
  const { bot } = stage;
  const roomId = await stage.room(reader.session, {
    powerLevelContentOverride: { users: { [bot.userId]: 50 } },
  });
  const content = JSON.stringify({ msgtype: 'm.text', body: 'hello' });
  const { session } = reader;
  const eventId = await sendEvent(session, roomId, 'm.room.message', 'hello', content, soon());
  return { name, roomId, eventId, answer, first };
}

/** One room for each lie, and for the most tempting one a room for each kind of message. */
async function makeRooms(): Promise<LyingRoom[]> {
  const kinds = Object.keys(sayings);
  const rooms: LyingRoom[] = [];
  for (const [name, answer] of Object.entries(lies)) {
    rooms.push(await makeRoom(name, answer, kinds[rooms.length % kinds.length] ?? 'text'));
  }
  for (const kind of kinds) rooms.push(await makeRoom(`first-${kind}`, json(404), kind));
  return rooms;
}

/** The account's own doing, without a probe of the rooms. */
async function joinAll(rooms: readonly LyingRoom[]): Promise<void> {
  const session = await stage.people.logIn(stage.bot);
  for (const { roomId } of rooms) await joinRoom(session, roomId, [], soon());
  await logout(session, soon());
}

/** Tells the lie of each room from now on. */
function lieIn(rooms: readonly LyingRoom[]): Lie[] {
  return rooms.map(({ roomId, answer }) => {
    const path = `/_matrix/client/v3/rooms/${roomId}/state/m.room.encryption/`;
    return stage.proxy.lie('GET', path, answer);
  });
}

async function say({ name, roomId, eventId }: LyingRoom, kind: string): Promise<void> {
  const word = wordOf(name, kind);
  await sayings[kind]?.({ stage, room: name, roomId, eventId, word });
}

/** In each room its own kind, then a text; files are given by the command, which takes its time, before all else. */
async function sayAll(rooms: readonly LyingRoom[]): Promise<void> {
  await Promise.all(
    rooms.map(async (room) => {
      if (room.first !== 'file') await say(room, room.first);
      await say(room, 'text');
    }),
  );
}

/** Wakes what waits until `check` is content. */
async function wakeUntil(check: () => Promise<void> | void): Promise<void> {
  await vi.waitFor(
    async () => {
      await stage.wake();
      await check();
    },
    { timeout: askedDeadlineMs, interval: wakeMs },
  );
}

async function entries(): Promise<Entry[]> {
  const lines = (await stage.ok('outbox', 'list', '--json')).trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Entry);
}

const wordsIn = (rooms: readonly LyingRoom[]): string[] =>
  rooms.flatMap(({ name, first }) => [wordOf(name, first), wordOf(name, 'text')]);

/** What somebody in the room reads of it, with the words; a reaction and a redaction have none. */
async function expectAllRead(room: LyingRoom, delivered: number): Promise<void> {
  const seen = await reader.whenSeen(room.roomId, stage.bot.userId, delivered);
  const read = JSON.stringify(seen.map(({ type, content }) => [type, content]));
  const isSilent = room.first === 'reaction' || room.first === 'redaction';
  const words = isSilent ? ['text'] : [room.first, 'text'];
  for (const kind of words) expect(read).toContain(wordOf(room.name, kind));
}

/** Says in the configuration where these are. */
async function configure(
  rooms: readonly { readonly name: string; readonly roomId: RoomId }[],
): Promise<void> {
  await stage.configure(Object.fromEntries(rooms.map((room) => [room.name, room])));
}

/** What the outbox and doctor say of messages that wait as nobody says whether their room is encrypted. */
async function expectExplained(rooms: readonly LyingRoom[]): Promise<void> {
  const waiting = await entries();
  expect(new Set(waiting.map(({ state }) => state))).toEqual(new Set(['queued']));
  const doctor = await stage.bellhop('doctor');
  expect(doctor.exit).not.toBe(0);
  for (const { name, answer } of rooms) {
    const status = answer.kind === 'answer' ? String(answer.status) : 'interrupted';
    const unclear = 'its homeserver does not say whether it is encrypted';
    expect(doctor.stdout).toMatch(new RegExp(`fail +room ${name}: ${unclear}.*${status}`));
  }
  const [first] = waiting;
  const shown = await stage.ok('outbox', 'show', first?.id ?? '');
  expect(shown).toMatch(/waits for: .*state\/m\.room\.encryption/);
}

/** All arrived, but the one kind of message that cannot be encrypted: a reaction in words. */
async function expectArrived(rooms: readonly LyingRoom[], all: readonly Entry[]): Promise<void> {
  const dead = all.filter(({ state }) => state !== 'delivered');
  expect(new Set(dead.map(({ type, state }) => `${type} ${state}`))).toEqual(
    new Set(['m.reaction dead']),
  );
  for (const room of rooms) {
    const here = all.filter((entry) => entry.room === room.name && entry.state === 'delivered');
    await expectAllRead(room, here.length);
  }
}

await describeWithSynapse('a homeserver that does not say that a room is encrypted', () => {
  beforeAll(async () => {
    stage = await EncryptionStage.open();
    reader = await ElementReader.arrive(stage.people, 'element');
    daemon = stage.daemon();
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    await reader[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  it(
    'hears nothing in clear of any kind of message; all wait, are explained, and arrive encrypted',
    async () => {
      const rooms = await makeRooms();
      const plain = await createRoom(reader.session, { preset: 'public_chat' }, soon());
      await configure([...rooms, { name: 'plain', roomId: plain }]);
      await stage.register();
      await joinAll(rooms);
      const told = lieIn(rooms);
      for (const room of rooms) if (room.first === 'file') await say(room, 'file');
      await daemon.start();
      await sayAll(rooms);
      await wakeUntil(() => expect(told.map(({ hits }) => hits)).not.toContain(0));
      // Doctor asks one room after the other, and would wait for what never comes.
      for (const lie of told) lie.breakOff();
      await expectExplained(rooms);
      expect(stage.proxy.heard(wordsIn(rooms))).toEqual([]);

      for (const lie of told) lie.remove();
      await stage.submit('plain', 'a word for all');
      await wakeUntil(async () => {
        expect((await entries()).map(({ state }) => state)).not.toContain('queued');
      });
      await expectArrived(rooms, await entries());
      expect(stage.proxy.heard([...wordsIn(rooms), 'a word for all'])).toEqual(['a word for all']);
      expect(await daemon.stop()).toBe(0);
    },
    testDeadlineMs,
  );

  it('that says something empty about it is taken at its word, and its room at once spoken to encrypted', async () => {
    const room = await makeRoom('empty', json(200), 'text');
    await configure([room]);
    await joinAll([room]);
    const told = lieIn([room]);
    await daemon.start();
    await stage.notify('empty', wordOf('empty', 'text'));
    expect(told.map(({ hits }) => hits)).not.toEqual([0]);
    await expectAllRead(room, 1);
    expect(stage.proxy.heard(wordsIn([room]))).toEqual([]);
    expect(await daemon.stop()).toBe(0);
  });

  it('that no longer takes the token hears nothing in clear either', async () => {
    const room = await makeRoom('locked-out', json(401, 'M_UNKNOWN_TOKEN'), 'text');
    await configure([room]);
    await joinAll([room]);
    const told = lieIn([room]);
    await daemon.start();
    await stage.submit('locked-out', wordOf('locked-out', 'text'));
    await wakeUntil(() => expect(told.map(({ hits }) => hits)).not.toEqual([0]));
    expect(stage.proxy.heard(wordsIn([room]))).toEqual([]);
    for (const lie of told) lie.remove();
    await wakeUntil(async () => {
      expect(await reader.seen(room.roomId, stage.bot.userId)).toHaveLength(1);
    });
    await expectAllRead(room, 1);
  });
});

import { describe, expect, it } from 'vitest';
import * as discoveryModule from '../../src/matrix/discovery.ts';
import * as eventsModule from '../../src/matrix/events.ts';
import type { Homeserver } from '../../src/matrix/homeserver.ts';
import { parseRoomAlias, type RoomId } from '../../src/matrix/ids.ts';
import * as loginModule from '../../src/matrix/login.ts';
import * as mediaModule from '../../src/matrix/media.ts';
import { openNodeHomeserver } from '../../src/matrix/node-homeserver.ts';
import * as profileModule from '../../src/matrix/profile.ts';
import * as roomsModule from '../../src/matrix/rooms.ts';
import type { Session } from '../../src/matrix/session.ts';
import * as stateModule from '../../src/matrix/state.ts';
import * as registerModule from '../../src/matrix/synapse/register.ts';
import { openHomeserver } from '../../src/matrix/undici-homeserver.ts';
import * as versionsModule from '../../src/matrix/versions.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import { ExchangeChecker } from '../openapi/check.ts';
import { startGateway } from './parts/start-gateway.ts';

const noSignal = new AbortController().signal;

/** Everything in `matrix/` that asks a homeserver for something. */
const modules = [
  discoveryModule,
  eventsModule,
  loginModule,
  mediaModule,
  profileModule,
  roomsModule,
  stateModule,
  registerModule,
  versionsModule,
];
/** What these modules export beside requests: they only read what came back. */
const readers = new Set(['timelineEvent', 'foundOrUndefined', 'registrationMac']);

/** Holds every request that reaches a homeserver against the official document. */
class RequestWatch {
  readonly violations: string[] = [];
  readonly #checker = new ExchangeChecker();

  constructor(homeserver: FakeHomeserver) {
    homeserver.onExchange((exchange) => {
      const { method, path, headers } = exchange;
      const broken = [...this.#checker.checkExchange(exchange)];
      const { authorization } = headers;
      if (authorization !== undefined && !authorization.startsWith('Bearer ')) {
        broken.push(`a token is not shown as Bearer: ${authorization.split(' ', 1)[0]}`);
      }
      this.violations.push(...broken.map((words) => `${method} ${path}: ${words}`));
    });
  }

  get covered(): string[] {
    return [...this.#checker.covered].sort();
  }
}

type Calls = Readonly<Record<string, () => Promise<unknown>>>;

function loginCalls(homeserver: Homeserver, fake: FakeHomeserver): Calls {
  const { userId, password } = fake.createUser('login');
  const logIn = async () =>
    await loginModule.loginPassword(homeserver, { user: userId, password }, noSignal);
  return {
    loginFlows: async () => await loginModule.loginFlows(homeserver, noSignal),
    loginPassword: async () =>
      await loginModule.loginPassword(
        homeserver,
        { user: userId, password, deviceId: 'BELL', initialDeviceDisplayName: 'Bellhop' },
        noSignal,
      ),
    refresh: async () => {
      const { refreshToken = '' } = await logIn();
      await loginModule.refresh(homeserver, refreshToken, noSignal);
    },
    whoami: async () => {
      const { accessToken } = await logIn();
      await loginModule.whoami(homeserver, accessToken, noSignal);
    },
    logout: async () => {
      const { accessToken, deviceId } = await logIn();
      await loginModule.logout({ homeserver, userId, accessToken, deviceId }, noSignal);
    },
    registerBySharedSecret: async () =>
      await registerModule.registerBySharedSecret(
        homeserver,
        {
          localpart: `new-${Math.random()}`,
          password: 'x',
          admin: false,
          sharedSecret: fake.registrationSharedSecret,
        },
        noSignal,
      ),
    registerAndLogIn: async () =>
      await registerModule.registerAndLogIn(
        homeserver,
        {
          localpart: `new-${Math.random()}`,
          password: 'x',
          admin: false,
          sharedSecret: fake.registrationSharedSecret,
        },
        noSignal,
      ),
    versions: async () => await versionsModule.versions(homeserver, noSignal),
    // The host of a server name is asked over https; here that host is the fake homeserver.
    discoverHomeserver: async () =>
      await discoveryModule.discoverHomeserver(
        userId,
        () => openHomeserver(homeserver.baseUrl),
        noSignal,
      ),
  };
}

function roomCalls(session: Session, fake: FakeHomeserver, roomId: RoomId): Calls {
  const other = fake.createUser('other');
  const alias = parseRoomAlias(`#ops:${fake.serverName}`);
  if (alias === undefined) throw new Error('#ops is no alias');
  return {
    resolveAlias: async () => await roomsModule.resolveAlias(session.homeserver, alias, noSignal),
    joinRoom: async () => await roomsModule.joinRoom(session, roomId, ['hs.test'], noSignal),
    joinedRooms: async () => await roomsModule.joinedRooms(session, noSignal),
    joinedMembers: async () => await roomsModule.joinedMembers(session, roomId, noSignal),
    createRoom: async () =>
      await roomsModule.createRoom(
        session,
        {
          name: 'Ops',
          topic: 'What is the matter',
          preset: 'private_chat',
          visibility: 'private',
          invite: [other.userId],
          roomVersion: '12',
          creationContent: { 'm.federate': true },
          initialState: [{ type: 'm.room.guest_access', stateKey: '', content: {} }],
          powerLevelContentOverride: { events_default: 0 },
        },
        noSignal,
      ),
    invite: async () => await roomsModule.invite(session, roomId, other.userId, noSignal),
    roomState: async () =>
      await stateModule.roomState(session, roomId, 'm.room.encryption', '', noSignal),
    roomStateEvent: async () =>
      await stateModule.roomStateEvent(session, roomId, 'm.room.create', '', noSignal),
    putState: async () =>
      await stateModule.putState(session, roomId, 'm.room.topic', '', { topic: 'x' }, noSignal),
  };
}

function eventCalls(session: Session, roomId: RoomId): Calls {
  const say = async (txnId: string) =>
    await eventsModule.sendEvent(
      session,
      roomId,
      'm.room.message',
      txnId,
      '{"msgtype":"m.text","body":"x"}',
      noSignal,
    );
  const upload = async () =>
    await mediaModule.uploadMedia(
      session,
      { fileName: 'ä b.txt', contentType: 'text/plain', bytes: Buffer.from('x') },
      noSignal,
    );
  return {
    sendEvent: async () => await say('send'),
    redact: async () =>
      await eventsModule.redact(session, roomId, await say('slip'), 'undo', 'a slip', noSignal),
    messages: async () => {
      const { next } = await eventsModule.messages(session, roomId, { limit: 2 }, noSignal);
      await eventsModule.messages(session, roomId, { from: next, limit: 1000 }, noSignal);
    },
    mediaConfig: async () => await mediaModule.mediaConfig(session, noSignal),
    uploadMedia: upload,
    setDisplayName: async () => await profileModule.setDisplayName(session, 'Bellhop', noSignal),
    setAvatarUrl: async () => await profileModule.setAvatarUrl(session, await upload(), noSignal),
  };
}

describe('what is asked of a homeserver is what the official document says', () => {
  it.each([
    ['the daemon', openHomeserver],
    ['one-shot commands', openNodeHomeserver],
  ])('in every function of the client, through the connection of %s', async (_, open) => {
    await using fake = await startFakeHomeserver();
    const watch = new RequestWatch(fake);
    const homeserver = open(fake.baseUrl);
    const { userId, deviceId, accessToken } = fake.createUser('bot');
    const alias = parseRoomAlias(`#ops:${fake.serverName}`);
    if (alias === undefined) throw new Error('#ops is no alias');
    const roomId = fake.createRoom({ creator: userId, alias });
    const session = { homeserver, userId, deviceId, accessToken };
    const calls: Calls = {
      ...loginCalls(homeserver, fake),
      ...roomCalls(session, fake, roomId),
      ...eventCalls(session, roomId),
    };
    const functions = modules.flatMap((module) =>
      Object.keys(module).filter((name) => !readers.has(name)),
    );
    expect(Object.keys(calls).sort()).toEqual(functions.sort());
    for (const call of Object.values(calls)) await call();
    await homeserver.close();
    expect(watch.violations).toEqual([]);
    console.log(`covered operations: ${watch.covered.join(' ')}`);
  });

  it('in delivery, with all that can get in its way', async () => {
    await using fake = await startFakeHomeserver({ tokenLifetimeMs: 60_000 });
    const watch = new RequestWatch(fake);
    const owner = fake.createUser('owner');
    const bot = fake.createUser('bot');
    const open = fake.createRoom({ creator: owner.userId, isPublic: true });
    const invited = fake.createRoom({ creator: owner.userId, invited: [bot.userId] });
    const muted = fake.createRoom({
      creator: owner.userId,
      members: [bot.userId],
      powerLevels: { events_default: 50 },
    });
    const alias = parseRoomAlias(`#moved:${fake.serverName}`);
    if (alias === undefined) throw new Error('#moved is no alias');
    const moved = fake.createRoom({ creator: owner.userId, alias, isPublic: true });
    await using gateway = await startGateway({
      accounts: {
        main: { user_id: bot.userId, homeserver: fake.baseUrl, password: bot.password },
      },
      rooms: { open, invited, muted, moved: alias },
    });
    const say = async (room: string, body: string) => await gateway.notify({ room, body });
    // Joins, accepts, resolves, uploads.
    for (const room of ['open', 'invited', 'moved']) {
      expect(await say(room, 'a long day '.repeat(10_000))).toMatchObject({ status: 200 });
    }
    // Asks what power it has.
    const refused = await gateway.call('POST', '/v1/notifications', {
      body: { room: 'muted', body: 'quiet' },
    });
    expect(refused.status).toBe(202);
    await gateway.log.when('lane_waits', { for: 'room' });
    // Follows.
    fake.upgradeRoom(moved);
    gateway.daemon.engine.sender.refresh();
    expect(await say('moved', 'after the upgrade')).toMatchObject({ status: 200 });
    // Looks whether it is there, as the answer is lost and the device is gone.
    const lost = fake.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
    const end = fake.onEvent(({ sender }) => {
      if (sender !== bot.userId) return;
      end();
      const [device] = gateway.log.of('account_logged_in');
      fake.deleteDevice(bot.userId, String(device?.['deviceId']));
    });
    expect(await say('open', 'there already')).toMatchObject({ status: 200 });
    expect(lost.hits).toBe(1);
    expect(
      fake.messages(open).filter((event) => event.content['body'] === 'there already'),
    ).toHaveLength(1);
    // Withdraws.
    const path = `/_matrix/client/v3/rooms/${open}`;
    const body = { msgtype: 'm.text', body: 'a slip' };
    const slip = await gateway.call('PUT', `${path}/send/m.room.message/1`, { body });
    const eventId = encodeURIComponent(String(slip.json['event_id']));
    const taken = await gateway.call('PUT', `${path}/redact/${eventId}/2`, {
      body: { reason: 'a slip' },
    });
    expect(taken.status).toBe(200);
    await gateway.log.when('delivered', {}, 9);
    expect(watch.violations).toEqual([]);
    console.log(`covered operations: ${watch.covered.join(' ')}`);
    expect(watch.covered).toEqual(
      expect.arrayContaining([
        'getConfigAuthed',
        'getRoomEvents',
        'getRoomIdByAlias',
        'getRoomStateWithKey',
        'joinRoom',
        'login',
        'redactEvent',
        'sendMessage',
        'uploadContent',
      ]),
    );
  });
});

import { writeFile } from 'node:fs/promises';
import { expect, it, vi } from 'vitest';
import { encodePath } from '../../src/matrix/encode-path.ts';
import type { RoomId } from '../../src/matrix/ids.ts';
import { createRoom } from '../../src/matrix/rooms.ts';
import type { Session } from '../../src/matrix/session.ts';
import { sessionCallWith } from '../../src/matrix/session-call.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { type Synapse, startSynapse } from '../synapse/start-synapse.ts';
import { RmapiProcess } from './parts/rmapi-process.ts';
import { type RmapiRoom, RmapiRooms } from './parts/rmapi-rooms.ts';
import { soon } from './parts/synapse-people.ts';

/** Above the minute that is promised, once or twice in a test. */
const testMsMax = 90_000;
/** So that a person who appears later is seen at once; the promise for the default has a test of its own. */
const often = { BELLHOP_RECONCILE_INTERVAL: '1s' };
const success = { success: true, extra: null, error: null };

const member = { space: 'join', admin: '', general: 'join', helpdesk: 'join', offtopic: 'join' };
const admin = {
  space: 'join 100',
  admin: 'join',
  general: 'join 100',
  helpdesk: 'join 100',
  offtopic: 'join 100',
};
const gone = { space: 'leave', general: 'leave', helpdesk: 'leave', offtopic: 'leave' };

/** A fresh Synapse cannot give accounts back before it has made all its indexes, at leisure by default. */
const synapseWith = async (more: object = {}): Promise<Synapse> =>
  await startSynapse({
    limits: 'open',
    more: { background_updates: { sleep_enabled: false }, ...more },
  });

await describeWithSynapse('the drop-in beside a Synapse', () => {
  it.each([
    ['of version 11', { default_room_version: '11' }, {}],
    ['of version 12', { default_room_version: '12' }, {}],
    ["of the server's default version", {}, {}],
    ['of version 10, as its own settings say', {}, { BELLHOP_RMAPI_ROOM_VERSION: '10' }],
  ])(
    'people end where they belong in rooms %s, whatever crashes in between',
    async (_, settings, env) => {
      await using synapse = await synapseWith(settings);
      await using rooms = await RmapiRooms.open(synapse);
      await using rmapi = await RmapiProcess.prepare(synapse, { ...often, ...env });
      await rmapi.start();
      for (const name of ['norppa-1', 'rotta-2', 'hiiri-3'])
        await rooms.people.arrive(name.slice(0, -2));
      for (const name of ['NORPPA-1', 'Rotta-2', 'hiiri-3', 'karhu-4']) {
        expect((await rmapi.say('created', name)).json).toEqual(success);
      }
      await rmapi.say('promoted', 'NORPPA-1');
      await rmapi.kill9();
      await rmapi.start();
      await rooms.whenIn('norppa-1', admin);
      await rooms.whenIn('rotta-2', member);

      await synapse.kill9();
      expect((await rmapi.say('demoted', 'norppa-1')).json).toEqual(success);
      expect((await rmapi.say('promoted', 'rotta-2')).json).toEqual(success);
      expect((await rmapi.say('revoked', 'hiiri-3')).json).toEqual(success);
      await rmapi.kill9();
      await synapse.start();
      await rmapi.start();
      await rooms.whenIn('norppa-1', { ...member, admin: 'leave' });
      await rooms.whenIn('rotta-2', admin);
      await rooms.whenIn('hiiri-3', gone);
      await rooms.people.arrive('karhu');
      await rooms.whenIn('karhu-4', member);

      expect(await rmapi.stop()).toBe(0);
      await rmapi.start();
      await whenReady(rmapi);
      expect(rmapi.log).not.toMatch(
        /deployment_step|deployment_bot_registered|"people_round".*"worked":[1-9]/,
      );
      expect((await rooms.view('general'))?.content('m.room.encryption')).toBeDefined();
    },
    testMsMax,
  );

  it(
    'who was revoked before Synapse was up is locked out when it comes, or when they do',
    async () => {
      await using synapse = await synapseWith();
      await using rooms = await RmapiRooms.open(synapse);
      const known = await rooms.people.arrive('known');
      await synapse.kill9();
      // With the interval that it has by default.
      await using rmapi = await RmapiProcess.prepare(synapse);
      await rmapi.start();
      expect((await rmapi.say('revoked', 'known-1')).json).toEqual(success);
      expect((await rmapi.say('revoked', 'later-2')).json).toEqual(success);
      await synapse.start();
      await rooms.whenLockedOut(known);
      const later = await rooms.people.arrive('later');
      await rooms.whenLockedOut(later);
    },
    2 * testMsMax,
  );

  it(
    'a token revoked in mid-life and an alias to a dead room are healed without a hand',
    async () => {
      await using synapse = await synapseWith({ default_room_version: '12' });
      await using rooms = await RmapiRooms.open(synapse);
      const stranger = await rooms.people.arrive('stranger');
      const dead = await createRoom(
        stranger,
        { roomVersion: '12', aliasLocalpart: 'manifest_notfound-general', preset: 'public_chat' },
        soon(),
      );
      const leave = encodePath`/_matrix/client/v3/rooms/${dead}/leave`;
      await sessionCallWith(stranger, 'POST', leave, {}, soon());

      await using rmapi = await RmapiProcess.prepare(synapse, often);
      await rmapi.start();
      await whenReady(rmapi);
      expect(await rooms.roomId('general')).not.toBe(dead);
      const token = await rmapi.token();
      const headers = { authorization: `Bearer ${token}` };
      const logout = `${synapse.baseUrl}/_matrix/client/v3/logout`;
      expect((await fetch(logout, { method: 'POST', headers, signal: soon() })).status).toBe(200);
      await rooms.people.arrive('norppa');
      await rmapi.say('created', 'norppa-2');
      await rooms.whenIn('norppa-2', member);
      expect(await rmapi.token()).not.toBe(token);
    },
    testMsMax,
  );

  it(
    "the original's bot and rooms are taken over as they are, people in them included",
    async () => {
      await using synapse = await synapseWith({ default_room_version: '10' });
      await using rooms = await RmapiRooms.open(synapse);
      const bot = await rooms.people.arrive('matrixrmapi-bot', true);
      const norppa = await rooms.people.arrive('norppa');
      const made = new Map<string, RoomId>();
      for (const key of ['space', 'admin', 'general', 'helpdesk', 'offtopic'] as const) {
        made.set(key, await makeAsOriginal(bot, key));
      }
      await sessionCallWith(
        norppa,
        'POST',
        encodePath`/_matrix/client/v3/join/${made.get('general') ?? ''}`,
        {},
        soon(),
      );

      await using rmapi = await RmapiProcess.prepare(synapse, {
        ...often,
        SYNAPSE_BOT_USERNAME: 'matrixrmapi-bot-1',
      });
      await writeFile(rmapi.tokenFile, bot.accessToken);
      await rmapi.start();
      await whenReady(rmapi);
      for (const [key, roomId] of made) {
        expect(await rooms.roomId(key as RmapiRoom)).toBe(roomId);
      }
      expect(await rmapi.token()).toBe(bot.accessToken);
      expect((await rooms.placesOf('norppa-2')).general).toBe('join');
      const general = await rooms.view('general');
      expect(general?.content('m.room.join_rules')).toMatchObject({ join_rule: 'restricted' });
      expect(general?.content('m.room.encryption')).toBeDefined();
      const levels = (await rooms.view('space'))?.powerLevels;
      expect(levels?.['events']).toMatchObject({ 'm.space.child': 100, 'm.room.tombstone': 100 });
    },
    testMsMax,
  );

  it(
    'a second process waits for its turn and gives up, and neither makes a room twice',
    async () => {
      await using synapse = await synapseWith();
      await using rooms = await RmapiRooms.open(synapse);
      await using rmapi = await RmapiProcess.prepare(synapse, often);
      await rmapi.start();
      expect(await rmapi.startSecond()).toBe(73);
      await whenReady(rmapi);
      const list = `${synapse.baseUrl}/_synapse/admin/v1/rooms`;
      const headers = { authorization: `Bearer ${rooms.root.accessToken}` };
      const answer = await fetch(list, { headers, signal: soon() });
      expect(await answer.json()).toMatchObject({ total_rooms: 5 });
    },
    testMsMax,
  );
});

/** A room as python-matrix-rmapi makes it, before it has set its state. */
async function makeAsOriginal(bot: Session, key: RmapiRoom): Promise<RoomId> {
  const events = Object.fromEntries(['m.call.invite', 'm.call.answer'].map((type) => [type, 0]));
  return await createRoom(
    bot,
    {
      name: key,
      aliasLocalpart: `manifest_notfound-${key}`,
      preset: key === 'admin' ? 'private_chat' : 'public_chat',
      visibility: 'private',
      ...(key === 'space' ? { creationContent: { type: 'm.space' } } : {}),
      powerLevelContentOverride: { users: { [bot.userId]: 200 }, events },
    },
    soon(),
  );
}

/** Waits until rooms and people are as they are to be. */
async function whenReady(rmapi: RmapiProcess): Promise<void> {
  const look = async () =>
    expect((await fetch(`${rmapi.url}/readyz`, { signal: soon() })).status).toBe(200);
  await vi.waitFor(look, { timeout: testMsMax / 2, interval: 100 });
}

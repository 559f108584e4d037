import { beforeAll, describe, expect, it } from 'vitest';
import {
  type Answer,
  type CallOptions,
  client,
  gist,
  type Person,
  password,
  type Stage,
} from './stage.contract.ts';

const admin = '/_synapse/admin';
/** Synapse leaves the rooms of who is deactivated within two seconds of the answer. */
const pollOptions = { timeout: 20_000, interval: 50 };

/** Users and rooms in the hands of the server's administrator. */
export function describeAdministration(stage: Stage): void {
  let boss: Person;
  beforeAll(async () => {
    boss = await stage.administrator('boss');
  });
  const act = (method: string, path: string, body?: unknown): Promise<Answer> => {
    const options: CallOptions = { token: boss.token, ...(body === undefined ? {} : { body }) };
    return stage.call(method, admin + path, options);
  };
  const at = ({ userId }: Person) => encodeURIComponent(userId);
  const user = (who: Person) => `/v2/users/${at(who)}`;
  const whoami = (token: string) => stage.call('GET', `${client}/account/whoami`, { token });
  const join = (roomId: string, who: Person) =>
    act('POST', `/v1/join/${roomId}`, { user_id: who.userId });

  describe('the server', () => {
    it('says that it lives, and its version, to anyone', async () => {
      expect((await stage.call('GET', '/health')).status).toBe(200);
      const version = await stage.call('GET', `${admin}/v1/server_version`);
      expect(version.json['server_version']).toMatch(/^1\.163\.2/);
    });
  });

  describe('administration', () => {
    it.each([
      ['no token', undefined, 401, 'M_MISSING_TOKEN'],
      ['a token of anyone else', 'alice', 403, 'M_FORBIDDEN'],
    ])('is refused to %s', async (_case, who, status, errcode) => {
      const options = who === undefined ? {} : { token: stage.alice.token };
      const answer = await stage.call('GET', admin + user(stage.alice), options);
      expect(gist(answer)).toEqual({ status, errcode });
    });

    it.each([
      ['@ghost:SERVER', 404, 'M_NOT_FOUND'],
      ['@x:elsewhere.test', 400, 'M_UNKNOWN'],
      ['ghost', 400, 'M_INVALID_PARAM'],
    ])('does not find %s', async (name, status, errcode) => {
      const userId = encodeURIComponent(name.replace('SERVER', stage.homeserver.serverName));
      expect(gist(await act('GET', `/v2/users/${userId}`))).toEqual({ status, errcode });
    });
  });

  describe('a user', () => {
    it('is made, changed and found by the id of another service', async () => {
      const name = `made-${Math.trunc(performance.now() * 1000)}`;
      const path = `/v2/users/${encodeURIComponent(`@${name}:${stage.homeserver.serverName}`)}`;
      const external_ids = [{ auth_provider: 'oidc-bell', external_id: name }];
      const made = await act('PUT', path, { displayname: 'Made', external_ids });
      expect(made).toMatchObject({ status: 201, json: { displayname: 'Made', admin: false } });
      const changed = await act('PUT', path, { displayname: 'Changed' });
      expect(changed).toMatchObject({
        status: 200,
        json: { displayname: 'Changed', external_ids },
      });
      const found = await act('GET', `/v1/auth_providers/oidc-bell/users/${name}`);
      expect(found.json).toEqual({ user_id: made.json['name'] });
      const taken = await act('PUT', user(stage.alice), { external_ids });
      expect(taken.status).toBe(409);
      const available = await act('GET', `/v1/username_available?username=${name}`);
      expect(gist(available)).toEqual({ status: 400, errcode: 'M_USER_IN_USE' });
    });

    it.each([
      ['12345', 'M_INVALID_USERNAME'],
      ['UPPER', 'M_INVALID_USERNAME'],
    ])('is not made under the name %s', async (name, errcode) => {
      const path = `/v2/users/${encodeURIComponent(`@${name}:${stage.homeserver.serverName}`)}`;
      expect(gist(await act('PUT', path, {}))).toEqual({ status: 400, errcode });
    });

    it('who is locked is out until the lock is lifted', async () => {
      const who = await stage.person('locked');
      expect((await act('PUT', user(who), { locked: true })).json).toMatchObject({ locked: true });
      const locked = { status: 401, errcode: 'M_USER_LOCKED' };
      const out = await whoami(who.token);
      expect(gist(out)).toEqual(locked);
      expect(out.json['soft_logout']).toBe(true);
      expect(gist(await stage.logIn(who))).toEqual(locked);
      await act('PUT', user(who), { locked: false });
      expect((await whoami(who.token)).status).toBe(200);
    });

    it('who is suspended reads and leaves, but neither says nor joins anything', async () => {
      const who = await stage.person('suspended');
      const roomId = await stage.room([who]);
      await act('PUT', `/v1/suspend/${at(who)}`, { suspend: true });
      expect((await act('GET', user(who))).json).toMatchObject({ suspended: true });
      const suspended = { status: 403, errcode: 'M_USER_SUSPENDED' };
      const body = { msgtype: 'm.text', body: 'x' };
      expect(gist(await stage.send(roomId, 'x', { token: who.token, body }))).toEqual(suspended);
      expect(gist(await join(await stage.room(), who))).toEqual(suspended);
      const path = `${client}/rooms/${roomId}/leave`;
      expect((await stage.call('POST', path, { token: who.token, body: {} })).status).toBe(200);
    });

    it('who is deactivated is out at once, out of the rooms soon, and never free again', async () => {
      const who = await stage.person('over');
      const roomId = await stage.room([who]);
      await act('POST', `/v1/deactivate/${at(who)}`, { erase: false });
      expect((await act('POST', `/v1/deactivate/${at(who)}`, {})).status).toBe(200);
      expect(gist(await whoami(who.token))).toEqual({ status: 401, errcode: 'M_UNKNOWN_TOKEN' });
      expect(gist(await stage.logIn(who))).toEqual({ status: 403, errcode: 'M_FORBIDDEN' });
      const members = async () => (await act('GET', `/v1/rooms/${roomId}/members`)).json['members'];
      await expect.poll(members, pollOptions).toEqual([stage.alice.userId]);
      expect((await act('GET', user(who))).json).toMatchObject({
        deactivated: true,
        erased: false,
        displayname: who.name,
      });
      expect((await stage.register('x', { username: who.name })).json).toMatchObject({
        errcode: expect.stringMatching(/^M_/),
      });
      await act('PUT', user(who), { password });
      expect(gist(await stage.logIn(who))).toEqual({ status: 403, errcode: 'M_USER_DEACTIVATED' });
      // A fresh Synapse answers 500 for its first 20 s or so, until an index of its profiles is made.
      const back = async () => (await act('PUT', user(who), { deactivated: false })).status;
      await expect.poll(back, { timeout: 50_000, interval: 500 }).toBe(200);
      expect((await stage.logIn(who)).status).toBe(200);
    });

    it('who is erased has no name either, and what they said is empty to who comes later', async () => {
      const who = await stage.person('erased');
      const roomId = await stage.room([who, stage.bob]);
      const eventId = encodeURIComponent(String(await stage.say(roomId, 'said', who.token)));
      const read = async ({ token }: Person) => {
        const path = `${client}/rooms/${roomId}/event/${eventId}`;
        return (await stage.call('GET', path, { token })).json['content'];
      };
      await act('POST', `/v1/deactivate/${at(who)}`, { erase: true });
      expect((await act('GET', user(who))).json).toMatchObject({ erased: true, displayname: null });
      await join(roomId, stage.carol);
      expect(await read(stage.bob)).toMatchObject({ body: 'hello' });
      expect(await read(stage.carol)).toEqual({});
    });

    it('is logged in as by the administrator, without a device, but not the administrator', async () => {
      const who = await stage.person('puppet');
      const { json } = await act('POST', `/v1/users/${at(who)}/login`, {});
      const seen = (await whoami(String(json['access_token']))).json;
      expect(seen).toMatchObject({ user_id: who.userId });
      expect(seen).not.toHaveProperty('device_id');
      expect((await act('POST', `/v1/users/${at(boss)}/login`, {})).status).toBe(400);
    });

    it('has limits of their own', async () => {
      const path = `/v1/users/${at(stage.bob)}/override_ratelimit`;
      const none = { messages_per_second: 0, burst_count: 0 };
      expect((await act('GET', path)).json).toEqual({});
      expect((await act('POST', path, none)).json).toEqual(none);
      expect((await act('GET', path)).json).toEqual(none);
      const wrong = await act('POST', path, { messages_per_second: -1 });
      expect(gist(wrong)).toEqual({ status: 400, errcode: 'M_INVALID_PARAM' });
      expect((await act('DELETE', path)).json).toEqual({});
    });

    it('loses devices and messages to the administrator', async () => {
      const who = await stage.person('tidied');
      const roomId = await stage.room([who]);
      const eventId = encodeURIComponent(String(await stage.say(roomId, 'said', who.token)));
      const { json } = await act('POST', `/v1/user/${at(who)}/redact`, { rooms: [] });
      const status = async () =>
        (await act('GET', `/v1/user/redact_status/${String(json['redact_id'])}`)).json['status'];
      await expect.poll(status, pollOptions).toBe('complete');
      const path = `${client}/rooms/${roomId}/event/${eventId}`;
      const seen = await stage.call('GET', path, { token: stage.alice.token });
      expect(seen.json['content']).toEqual({});
      const token = await stage.token(who, 'ENDED');
      expect((await act('GET', `${user(who)}/devices`)).json['total']).toBe(2);
      await act('DELETE', `${user(who)}/devices/ENDED`);
      expect((await whoami(token)).status).toBe(401);
      expect((await act('GET', `/v1/users/${at(who)}/media`)).json).toEqual({
        media: [],
        total: 0,
      });
    });

    it('cannot demote themselves, nor be locked and deactivated at once', async () => {
      expect((await act('PUT', user(boss), { admin: false })).status).toBe(400);
      const both = await act('PUT', user(stage.carol), { deactivated: true, locked: true });
      expect(both.status).toBe(400);
    });

    it('is listed page by page', async () => {
      const first = (await act('GET', '/v3/users?limit=2')).json;
      expect(first['users']).toHaveLength(2);
      const second = (await act('GET', `/v3/users?limit=2&from=${String(first['next_token'])}`))
        .json;
      const names = (page: Record<string, unknown>) =>
        (page['users'] as { name: string }[]).map(({ name }) => name);
      expect(names(second)).not.toContain(names(first)[0]);
      expect(second['total']).toBe(first['total']);
    });
  });

  describe('a forced join', () => {
    const mine = async (body: Record<string, unknown>) => {
      const { json } = await stage.call('POST', `${client}/createRoom`, {
        token: boss.token,
        body,
      });
      return encodeURIComponent(String(json['room_id']));
    };

    it('to a public room succeeds as often as it is asked for', async () => {
      const roomId = await stage.room();
      for (const _time of [1, 2]) expect((await join(roomId, stage.bob)).status).toBe(200);
    });

    it('to a private room needs the administrator in it, and is refused to who is joined or banned', async () => {
      const forbidden = { status: 403, errcode: 'M_FORBIDDEN' };
      const others = await stage.room([], { preset: 'private_chat' });
      expect(gist(await join(others, stage.bob))).toEqual(forbidden);
      expect(gist(await join(others, boss))).toEqual(forbidden);
      const own = await mine({ preset: 'private_chat' });
      expect((await join(own, stage.bob)).status).toBe(200);
      expect(gist(await join(own, stage.bob))).toEqual(forbidden);
      const body = { user_id: stage.bob.userId };
      const path = `${client}/rooms/${own}`;
      await stage.call('POST', `${path}/ban`, { token: boss.token, body });
      const banned = { status: 403, errcode: 'M_BAD_STATE' };
      expect(gist(await join(own, stage.bob))).toEqual(banned);
      const kicked = await stage.call('POST', `${path}/kick`, { token: boss.token, body });
      expect(gist(kicked)).toEqual(banned);
      await stage.call('POST', `${path}/unban`, { token: boss.token, body });
      expect(gist(await stage.call('POST', `${path}/unban`, { token: boss.token, body }))).toEqual(
        banned,
      );
      expect((await join(own, stage.bob)).status).toBe(200);
    });

    it.each([
      ['an unknown room', '!ghost:SERVER', 404, 'M_UNKNOWN'],
      ['an unknown alias', '#ghost:SERVER', 404, 'M_NOT_FOUND'],
    ])('to %s is a 404', async (_case, name, status, errcode) => {
      const room = encodeURIComponent(name.replace('SERVER', stage.homeserver.serverName));
      expect(gist(await join(room, stage.bob))).toEqual({ status, errcode });
    });

    it('takes even who is deactivated', async () => {
      const who = await stage.person('undead');
      await act('POST', `/v1/deactivate/${at(who)}`, {});
      expect((await join(await stage.room(), who)).status).toBe(200);
    });
  });

  describe('a room of others', () => {
    it.each(['11', '12'])('of version %s takes the administrator as its own', async (version) => {
      const roomId = await stage.room([], { preset: 'private_chat', room_version: version });
      expect((await act('POST', `/v1/rooms/${roomId}/make_room_admin`, {})).json).toEqual({});
      const path = `${client}/join/${roomId}`;
      expect((await stage.call('POST', path, { token: boss.token, body: {} })).status).toBe(200);
      const levels = await stage.call(
        'GET',
        `${client}/rooms/${roomId}/state/m.room.power_levels`,
        { token: boss.token },
      );
      expect(levels.json).toMatchObject({ users: { [boss.userId]: 100 } });
    });

    it('cannot be had when nobody is left in it', async () => {
      const roomId = await stage.room();
      const path = `${client}/rooms/${roomId}/leave`;
      await stage.call('POST', path, { token: stage.alice.token, body: {} });
      const answer = await act('POST', `/v1/rooms/${roomId}/make_room_admin`, {});
      expect(answer.status).toBe(400);
    });

    it('is described, with its state and members, to who is not in it', async () => {
      const roomId = await stage.room([stage.bob], { name: 'Seen', preset: 'private_chat' });
      expect((await act('GET', `/v1/rooms/${roomId}`)).json).toMatchObject({
        room_id: decodeURIComponent(roomId),
        name: 'Seen',
        join_rules: 'invite',
        joined_local_members: 1,
        forgotten: false,
        tombstoned: false,
        encryption: null,
      });
      const state = (await act('GET', `/v1/rooms/${roomId}/state?type=m.room.name`)).json['state'];
      expect(state).toMatchObject([{ type: 'm.room.name', content: { name: 'Seen' } }]);
      const ghost = encodeURIComponent(`!ghost:${stage.homeserver.serverName}`);
      expect(gist(await act('GET', `/v1/rooms/${ghost}`))).toEqual({
        status: 404,
        errcode: 'M_NOT_FOUND',
      });
    });

    it('counts among the memberships of who was in it', async () => {
      const who = await stage.person('member');
      const [stays, left] = [await stage.room([who]), await stage.room([who])];
      const path = `${client}/rooms/${left}/leave`;
      await stage.call('POST', path, { token: who.token, body: {} });
      const joined = await act('GET', `/v1/users/${at(who)}/joined_rooms`);
      expect(joined.json).toEqual({ joined_rooms: [decodeURIComponent(stays)], total: 1 });
      const memberships = {
        [decodeURIComponent(stays)]: 'join',
        [decodeURIComponent(left)]: 'leave',
      };
      expect((await act('GET', `/v1/users/${at(who)}/memberships`)).json).toEqual({ memberships });
    });
  });
}

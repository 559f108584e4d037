import { describe, expect, it } from 'vitest';
import { type Answer, client, gist, type Person, type Stage } from './stage.contract.ts';

/** How rooms are made up: creation, spaces, restricted joins, power. */
export function describeDeployment(stage: Stage): void {
  const forbidden = { status: 403, errcode: 'M_FORBIDDEN' };
  const create = (body: Record<string, unknown>): Promise<Answer> =>
    stage.call('POST', `${client}/createRoom`, { token: stage.alice.token, body });
  const state = (roomId: string, type: string) => `${client}/rooms/${roomId}/state/${type}`;
  const get = async (roomId: string, type: string) =>
    (await stage.call('GET', state(roomId, type), { token: stage.alice.token })).json;
  const put = (roomId: string, type: string, body: unknown, who: Person = stage.alice) =>
    stage.call('PUT', state(roomId, type), { token: who.token, body });
  const act = (roomId: string, action: string, who: Person, body: object = {}) =>
    stage.call('POST', `${client}/rooms/${roomId}/${action}`, { token: who.token, body });
  const freshName = (prefix: string) => `${prefix}-${Math.trunc(performance.now() * 1000)}`;

  describe('the creation of a room', () => {
    it('is whole: preset, what was asked for instead, name and topic', async () => {
      const join_rules = { join_rule: 'knock' };
      const roomId = await stage.room([], {
        name: 'Ops',
        topic: 'What happens',
        preset: 'private_chat',
        initial_state: [
          { type: 'm.room.join_rules', state_key: '', content: join_rules },
          { type: 'm.room.guest_access', content: { guest_access: 'forbidden' } },
        ],
        power_level_content_override: { events: { 'm.room.name': 75 } },
      });
      expect(await get(roomId, 'm.room.join_rules')).toEqual(join_rules);
      expect(await get(roomId, 'm.room.guest_access')).toEqual({ guest_access: 'forbidden' });
      expect(await get(roomId, 'm.room.topic')).toEqual({
        topic: 'What happens',
        'm.topic': { 'm.text': [{ body: 'What happens' }] },
      });
      const levels = await get(roomId, 'm.room.power_levels');
      // An override replaces a whole map, it does not merge into it.
      expect(levels).toMatchObject({ invite: 0, events: { 'm.room.name': 75 } });
      expect(levels['events']).toEqual({ 'm.room.name': 75 });
    });

    it('that fails for its power levels binds the alias from version 12 on, and not before', async () => {
      const answers = ['11', '12'].map(async (version) => {
        const name = freshName(`half-${version}`);
        const { userId } = version === '11' ? stage.bob : stage.alice;
        const failed = await create({
          room_version: version,
          room_alias_name: name,
          power_level_content_override: { users: { [userId]: 50 } },
        });
        expect(gist(failed)).toEqual({ status: 400, errcode: 'M_UNKNOWN' });
        const alias = encodeURIComponent(`#${name}:${stage.homeserver.serverName}`);
        return (await stage.call('GET', `${client}/directory/room/${alias}`)).status;
      });
      expect(await Promise.all(answers)).toEqual([404, 200]);
    });

    it('is refused with an additional creator who is no user, and binds the alias all the same', async () => {
      const name = freshName('creators');
      const answer = await create({
        room_version: '12',
        room_alias_name: name,
        creation_content: { additional_creators: ['x'] },
      });
      expect(gist(answer)).toEqual({ status: 400, errcode: 'M_FORBIDDEN' });
      const alias = encodeURIComponent(`#${name}:${stage.homeserver.serverName}`);
      const directed = await stage.call('GET', `${client}/directory/room/${alias}`);
      const roomId = encodeURIComponent(String(directed.json['room_id']));
      const { token } = stage.alice;
      const state = await stage.call('GET', `${client}/rooms/${roomId}/state`, { token });
      expect(gist(state)).toEqual(forbidden);
    });

    it('with the preset for the trusted makes creators of the invited in version 12', async () => {
      const roomId = await stage.room([], {
        room_version: '12',
        preset: 'trusted_private_chat',
        invite: [stage.bob.userId],
      });
      expect(await get(roomId, 'm.room.create')).toMatchObject({
        additional_creators: [stage.bob.userId],
      });
      await act(roomId, 'join', stage.bob);
      expect(gist(await act(roomId, 'kick', stage.alice, { user_id: stage.bob.userId }))).toEqual(
        forbidden,
      );
    });
  });

  describe('power levels', () => {
    it.each(['10', '11', '12'])(
      'of version %s are no higher than who gives them',
      async (version) => {
        const roomId = await stage.room([stage.bob, stage.carol], { room_version: version });
        const levels = await get(roomId, 'm.room.power_levels');
        const users = { ...(levels['users'] as object), [stage.bob.userId]: 100 };
        expect((await put(roomId, 'm.room.power_levels', { ...levels, users })).status).toBe(200);
        const more = (userId: string, level: number) => ({
          ...levels,
          users: { ...users, [userId]: level },
        });
        const raise = more(stage.carol.userId, 150);
        expect(gist(await put(roomId, 'm.room.power_levels', raise, stage.bob))).toEqual(forbidden);
        const ban = { ...levels, users, ban: 101 };
        expect(gist(await put(roomId, 'm.room.power_levels', ban, stage.bob))).toEqual(forbidden);
        const equal = more(stage.carol.userId, 100);
        expect((await put(roomId, 'm.room.power_levels', equal, stage.bob)).status).toBe(200);
        const demoted = { ...equal, users: { ...equal.users, [stage.carol.userId]: 50 } };
        expect(gist(await put(roomId, 'm.room.power_levels', demoted, stage.bob))).toEqual(
          forbidden,
        );
        // The creator of a version 12 room stands above equals, that of an older one is one of them.
        const byCreator = await put(roomId, 'm.room.power_levels', demoted);
        expect(byCreator.status).toBe(version === '12' ? 200 : 403);
      },
    );

    it.each([
      ['a level as text', { ban: '50' }, 'M_BAD_JSON'],
      ['somebody who is no user', { users: { x: 1 } }, 'M_UNKNOWN'],
    ])('are refused with %s', async (_case, more, errcode) => {
      const roomId = await stage.room();
      const levels = await get(roomId, 'm.room.power_levels');
      const answer = await put(roomId, 'm.room.power_levels', { ...levels, ...more });
      expect(gist(answer)).toEqual({ status: 400, errcode });
    });
  });

  describe('a space', () => {
    const scene = async () => {
      const space = await stage.room([], { creation_content: { type: 'm.space' }, name: 'All' });
      const allow = [{ type: 'm.room_membership', room_id: decodeURIComponent(space) }];
      const content = { join_rule: 'restricted', allow };
      const initial_state = [{ type: 'm.room.join_rules', state_key: '', content }];
      const child = await stage.room([], { preset: 'private_chat', name: 'Ops', initial_state });
      const link = { via: [stage.homeserver.serverName], suggested: true };
      expect((await put(space, `m.space.child/${child}`, link)).status).toBe(200);
      return { space, child };
    };
    const hierarchy = async (space: string, who: Person, query = '') => {
      const path = `/_matrix/client/v1/rooms/${space}/hierarchy${query}`;
      const { json } = await stage.call('GET', path, { token: who.token });
      const rooms = (json['rooms'] ?? []) as { room_id: string; name?: string }[];
      return { names: rooms.map(({ name }) => name), next: json['next_batch'] };
    };

    it('lets its members into a restricted room, and nobody else', async () => {
      const { space, child } = await scene();
      expect(gist(await act(child, 'join', stage.bob))).toEqual(forbidden);
      await act(space, 'join', stage.bob);
      expect((await act(child, 'join', stage.bob)).status).toBe(200);
      expect(
        await get(child, `m.room.member/${encodeURIComponent(stage.bob.userId)}`),
      ).toMatchObject({ membership: 'join', join_authorised_via_users_server: stage.alice.userId });
      await act(space, 'leave', stage.bob);
      const members = await stage.call('GET', `${client}/rooms/${child}/joined_members`, {
        token: stage.alice.token,
      });
      expect(members.json).toHaveProperty(['joined', stage.bob.userId]);
    });

    it('lists the rooms that one may see, page by page, until a child has no server', async () => {
      const { space, child } = await scene();
      expect((await hierarchy(space, stage.alice)).names).toEqual(['All', 'Ops']);
      expect((await hierarchy(space, stage.carol)).names).toEqual(['All']);
      const first = await hierarchy(space, stage.alice, '?limit=1');
      expect(first.names).toEqual(['All']);
      const second = await hierarchy(space, stage.alice, `?limit=1&from=${String(first.next)}`);
      expect(second.names).toEqual(['Ops']);
      await put(space, `m.space.child/${child}`, {});
      expect((await hierarchy(space, stage.alice)).names).toEqual(['All']);
    });
  });

  describe('a member', () => {
    it('who is not there cannot be kicked; who is in cannot forget the room', async () => {
      const roomId = await stage.room([stage.bob]);
      const kick = { user_id: stage.carol.userId };
      expect(gist(await act(roomId, 'kick', stage.alice, kick))).toEqual(forbidden);
      const inside = await act(roomId, 'forget', stage.bob);
      expect(gist(inside)).toEqual({ status: 400, errcode: 'M_UNKNOWN' });
      await act(roomId, 'leave', stage.bob);
      expect((await act(roomId, 'forget', stage.bob)).status).toBe(200);
      const path = `${client}/rooms/${roomId}/messages?dir=b`;
      const read = await stage.call('GET', path, { token: stage.bob.token });
      expect(gist(read)).toEqual(forbidden);
    });

    it('who comes later reads nothing from before where history is for the joined', async () => {
      const content = { history_visibility: 'joined' };
      const initial_state = [{ type: 'm.room.history_visibility', content }];
      const roomId = await stage.room([], { initial_state });
      const { token } = stage.alice;
      const before = encodeURIComponent(String(await stage.say(roomId, 'before', token, 'before')));
      await act(roomId, 'join', stage.bob);
      await stage.say(roomId, 'after', token, 'after');
      const options = { token: stage.bob.token };
      const path = `${client}/rooms/${roomId}`;
      const { json } = await stage.call('GET', `${path}/messages?dir=b&limit=50`, options);
      const chunk = json['chunk'] as { type: string; content: { body?: string } }[];
      const said = chunk.filter(({ type }) => type === 'm.room.message');
      expect(said.map((event) => event.content.body)).toEqual(['after']);
      const hidden = await stage.call('GET', `${path}/event/${before}`, options);
      expect(gist(hidden)).toEqual({ status: 404, errcode: 'M_NOT_FOUND' });
    });
  });

  describe('an alias', () => {
    it('leads to one room, until it is taken away and given to another', async () => {
      const alias = encodeURIComponent(`#${freshName('moved')}:${stage.homeserver.serverName}`);
      const [one, other] = [await stage.room(), await stage.room()];
      const path = `${client}/directory/room/${alias}`;
      const { token } = stage.alice;
      const give = (roomId: string) =>
        stage.call('PUT', path, { token, body: { room_id: decodeURIComponent(roomId) } });
      expect((await give(one)).status).toBe(200);
      expect((await give(other)).status).toBe(409);
      expect((await stage.call('DELETE', path, { token })).status).toBe(200);
      expect((await give(other)).status).toBe(200);
      const found = await stage.call('GET', path);
      expect(found.json['room_id']).toBe(decodeURIComponent(other));
    });
  });
}

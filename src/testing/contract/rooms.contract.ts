import { describe, expect, it } from 'vitest';
import { client, gist, type Stage } from './stage.contract.ts';

/** Who may do what in a room. */
export function describeRooms(stage: Stage): void {
  const forbidden = { status: 403, errcode: 'M_FORBIDDEN' };
  const join = (reference: string, token: string) =>
    stage.call('POST', `${client}/join/${reference}`, { token, body: {} });
  const state = (roomId: string, type: string) => `${client}/rooms/${roomId}/state/${type}`;

  describe('a room', () => {
    it('has an id without a server by default, and one with a server up to version 11', async () => {
      expect(decodeURIComponent(await stage.room())).toMatch(/^![\w-]{43}$/);
      const { serverName } = stage.homeserver;
      for (const version of ['10', '11']) {
        const roomId = decodeURIComponent(await stage.room([], { room_version: version }));
        expect(roomId).toMatch(/^!\w+:/);
        expect(roomId.endsWith(`:${serverName}`)).toBe(true);
      }
    });

    it.each([
      ['an unknown version', { room_version: '99' }, 'M_UNSUPPORTED_ROOM_VERSION'],
      ['an unknown preset', { preset: 'ghost' }, 'M_BAD_JSON'],
      ['an invitation that is no user id', { invite: ['ghost'] }, 'M_UNKNOWN'],
    ])('is not made with %s', async (_case, body, errcode) => {
      const { token } = stage.alice;
      const answer = await stage.call('POST', `${client}/createRoom`, { token, body });
      expect(gist(answer)).toEqual({ status: 400, errcode });
    });

    it('is found by its alias, which can be taken once', async () => {
      const { token } = stage.alice;
      const name = `found-${Math.trunc(performance.now() * 1000)}`;
      const roomId = decodeURIComponent(await stage.room([], { room_alias_name: name }));
      const alias = encodeURIComponent(`#${name}:${stage.homeserver.serverName}`);
      const directory = `${client}/directory/room`;
      const { json } = await stage.call('GET', `${directory}/${alias}`);
      expect(json).toEqual({ room_id: roomId, servers: [stage.homeserver.serverName] });
      const body = { room_alias_name: name };
      const again = await stage.call('POST', `${client}/createRoom`, { token, body });
      expect(gist(again)).toEqual({ status: 400, errcode: 'M_ROOM_IN_USE' });
      const joined = await join(alias, stage.bob.token);
      expect(joined.json).toEqual({ room_id: roomId });
      const ghost = encodeURIComponent(`#ghost:${stage.homeserver.serverName}`);
      const unknown = await stage.call('GET', `${directory}/${ghost}`);
      expect(gist(unknown)).toEqual({ status: 404, errcode: 'M_NOT_FOUND' });
    });

    it('names its creator nowhere in the power levels from version 12 on', async () => {
      const { token, userId } = stage.alice;
      const levels = async (version: string) => {
        const roomId = await stage.room([], { room_version: version });
        return (await stage.call('GET', state(roomId, 'm.room.power_levels'), { token })).json;
      };
      expect(await levels('11')).toMatchObject({ users: { [userId]: 100 } });
      const newest = await levels('12');
      expect(newest).toMatchObject({ users: {}, events: { 'm.room.tombstone': 150 } });
      const body = { ...newest, users: { [userId]: 100 } };
      const put = await stage.call('PUT', state(await stage.room(), 'm.room.power_levels'), {
        token,
        body,
      });
      expect(gist(put)).toEqual({ status: 400, errcode: 'M_UNKNOWN' });
    });
  });

  describe('who is not in a room', () => {
    it('may neither send to it nor read it', async () => {
      const roomId = await stage.room();
      const { token } = stage.bob;
      expect(
        gist(await stage.send(roomId, 'out', { token, body: { msgtype: 'm.text', body: 'x' } })),
      ).toEqual(forbidden);
      for (const path of [
        'state',
        'messages?dir=b',
        'joined_members',
        'state/m.room.encryption/',
      ]) {
        const answer = await stage.call('GET', `${client}/rooms/${roomId}/${path}`, { token });
        expect(gist(answer)).toEqual(forbidden);
      }
    });

    it('gets the same answer for a room that does not exist', async () => {
      const ghost = encodeURIComponent(`!ghost:${stage.homeserver.serverName}`);
      const { token } = stage.bob;
      const sent = await stage.send(ghost, 'out', {
        token,
        body: { msgtype: 'm.text', body: 'x' },
      });
      expect(gist(sent)).toEqual(forbidden);
      const probe = await stage.call('GET', state(ghost, 'm.room.encryption/'), { token });
      expect(gist(probe)).toEqual(forbidden);
      expect(gist(await join(ghost, token))).toEqual({ status: 404, errcode: 'M_UNKNOWN' });
    });

    it('may join a private room only by invitation', async () => {
      const roomId = await stage.room([], { preset: 'private_chat' });
      const { token, userId } = stage.bob;
      expect(gist(await join(roomId, token))).toEqual(forbidden);
      const invited = await stage.call('POST', `${client}/rooms/${roomId}/invite`, {
        token: stage.alice.token,
        body: { user_id: userId },
      });
      expect(invited.status).toBe(200);
      const path = `${client}/rooms/${roomId}/join`;
      const joined = await stage.call('POST', path, { token, body: {} });
      expect(joined.json).toEqual({ room_id: decodeURIComponent(roomId) });
      expect((await stage.call('POST', path, { token, raw: 'null' })).status).toBe(200);
      expect((await stage.call('POST', path, { token })).status).toBe(200);
    });

    it('cannot come back after a ban', async () => {
      const roomId = await stage.room([stage.bob]);
      const body = { user_id: stage.bob.userId };
      await stage.call('POST', `${client}/rooms/${roomId}/ban`, { token: stage.alice.token, body });
      const answer = await join(roomId, stage.bob.token);
      expect(gist(answer)).toEqual({ status: 403, errcode: 'M_BAD_STATE' });
    });
  });

  describe('the state of a room', () => {
    it('says 404 M_NOT_FOUND where nothing was set, with and without a last slash', async () => {
      const roomId = await stage.room();
      for (const type of ['m.room.encryption', 'm.room.encryption/']) {
        const answer = await stage.call('GET', state(roomId, type), { token: stage.alice.token });
        expect(gist(answer)).toEqual({ status: 404, errcode: 'M_NOT_FOUND' });
      }
    });

    it('takes equal content again as the same event', async () => {
      const roomId = await stage.room();
      const put = async () => {
        const options = { token: stage.alice.token, body: { name: 'the name' } };
        return (await stage.call('PUT', state(roomId, 'm.room.name/'), options)).json['event_id'];
      };
      expect(await put()).toBe(await put());
    });

    it('is not for who has too little power', async () => {
      const roomId = await stage.room([stage.bob]);
      const options = { token: stage.bob.token, body: { name: 'mine' } };
      expect(gist(await stage.call('PUT', state(roomId, 'm.room.name/'), options))).toEqual(
        forbidden,
      );
    });
  });

  describe('an upgrade', () => {
    it('leaves a tombstone, names its predecessor, and closes the old room to all but the powerful', async () => {
      const roomId = await stage.room([stage.bob], { room_version: '11' });
      const { token } = stage.alice;
      const path = `${client}/rooms/${roomId}/upgrade`;
      const body = { new_version: '12' };
      expect(gist(await stage.call('POST', path, { token: stage.bob.token, body }))).toEqual(
        forbidden,
      );
      const { json } = await stage.call('POST', path, { token, body });
      const replacement = encodeURIComponent(String(json['replacement_room']));
      const tombstone = await stage.call('GET', state(roomId, 'm.room.tombstone/'), { token });
      expect(tombstone.json).toMatchObject(json);
      const create = await stage.call('GET', state(replacement, 'm.room.create/'), { token });
      const predecessor = { room_id: decodeURIComponent(roomId) };
      expect(create.json).toMatchObject({ predecessor, room_version: '12' });
      const message = { msgtype: 'm.text', body: 'x' };
      const late = await stage.send(roomId, 'late', { token: stage.bob.token, body: message });
      expect(gist(late)).toEqual(forbidden);
      expect(await stage.say(roomId, 'still', token)).toMatch(/^\$/);
      expect((await join(replacement, stage.bob.token)).status).toBe(200);
    });

    it('keeps the encryption', async () => {
      const content = { algorithm: 'm.megolm.v1.aes-sha2' };
      const initial = [{ type: 'm.room.encryption', content }];
      const roomId = await stage.room([], { initial_state: initial });
      const { token } = stage.alice;
      const body = { new_version: '12' };
      const { json } = await stage.call('POST', `${client}/rooms/${roomId}/upgrade`, {
        token,
        body,
      });
      const replacement = encodeURIComponent(String(json['replacement_room']));
      const kept = await stage.call('GET', state(replacement, 'm.room.encryption'), { token });
      expect(kept.json).toEqual(content);
    });
  });
}

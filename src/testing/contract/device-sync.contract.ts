import { describe, expect, it } from 'vitest';
import { OlmClient, type OlmUser } from '../olm-client.contract.ts';
import { client, gist, password, type Stage } from './stage.contract.ts';

/** The filter of a client that only sends: chatter is left out, members and encryption are not. */
const quiet = {
  room: {
    timeline: { types: ['m.room.member', 'm.room.encryption'] },
    state: { types: ['m.room.member', 'm.room.encryption', 'm.room.history_visibility'] },
    ephemeral: { types: [] },
    account_data: { types: [] },
  },
  presence: { types: [] },
  account_data: { types: [] },
};

/** Synapse gives so many messages to a device in one sync. */
const messagesPerSync = 100;

/** Messages to devices, lists of devices, filters and account data. */
export function describeDeviceSync(stage: Stage): void {
  const toDevice = (from: OlmUser, to: OlmUser, txnId: string, contents: readonly number[]) => {
    const path = `${client}/sendToDevice/org.example.bell/${txnId}`;
    const messages = { [to.userId]: { [to.deviceId]: { bells: contents } } };
    return stage.call('PUT', path, { token: from.accessToken, body: { messages } });
  };
  const received = (sync: Record<string, unknown>) => {
    const { events = [] } = (sync['to_device'] ?? {}) as { events?: { content: unknown }[] };
    return events.map(({ content }) => content);
  };

  describe('a message to a device', () => {
    it('comes once for each transaction id, and again until it was seen', async () => {
      const [from, to] = [await stage.device('ringer'), await stage.device('listener')];
      const first = await stage.sync(to);
      await toDevice(from, to, 'same', [1]);
      expect((await toDevice(from, to, 'same', [2])).json).toEqual({});
      const seen = await stage.sync(to, first['next_batch']);
      expect(seen['to_device']).toEqual({
        events: [{ type: 'org.example.bell', sender: from.userId, content: { bells: [1] } }],
      });
      expect(received(await stage.sync(to, first['next_batch']))).toEqual([{ bells: [1] }]);
      expect(received(await stage.sync(to, seen['next_batch']))).toEqual([]);
      // Another timeout, as Synapse answers the same question again from memory for two minutes.
      expect(received(await stage.sync(to, first['next_batch'], 'timeout=1'))).toEqual([]);
    });

    it('waits while there are a hundred before it', async () => {
      const [from, to] = [await stage.device('many'), await stage.device('patient')];
      const { next_batch: since } = await stage.sync(to);
      for (let i = 0; i < messagesPerSync + 3; i++) await toDevice(from, to, `t${i}`, [i]);
      const first = await stage.sync(to, since);
      const second = await stage.sync(to, first['next_batch']);
      expect(received(first)).toHaveLength(messagesPerSync);
      expect(received(second)).toEqual([{ bells: [100] }, { bells: [101] }, { bells: [102] }]);
    });

    it('wakes a waiting sync', async () => {
      const [from, to] = [await stage.device('waker'), await stage.device('sleeper')];
      const { next_batch: since } = await stage.sync(to);
      const waiting = stage.sync(to, since, 'timeout=20000');
      await toDevice(from, to, 'wake', [1]);
      expect(received(await waiting)).toEqual([{ bells: [1] }]);
    });

    it('goes to all devices of a user by an asterisk, and to none that do not exist', async () => {
      const [from, to] = [await stage.device('all'), await stage.device('every')];
      const { next_batch: since } = await stage.sync(to);
      await toDevice(from, { ...to, deviceId: 'GHOST' }, 'ghost', [1]);
      await toDevice(from, { ...to, deviceId: '*' }, 'star', [2]);
      expect(received(await stage.sync(to, since))).toEqual([{ bells: [2] }]);
    });
  });

  describe('the lists of devices', () => {
    const lists = (sync: Record<string, unknown>) => {
      const { changed = [], left = [] } = (sync['device_lists'] ?? {}) as {
        changed?: string[];
        left?: string[];
      };
      return { changed, left };
    };

    it('name who uploads keys, joins and leaves, also to a sync that leaves chatter out', async () => {
      const [watcher, other] = [await stage.device('watcher'), await stage.device('watched')];
      const filter = `filter=${encodeURIComponent(JSON.stringify(quiet))}`;
      const roomId = await stage.room([{ ...watcher, token: watcher.accessToken }]);
      const act = (action: string) =>
        stage.call('POST', `${client}/rooms/${roomId}/${action}`, {
          token: other.accessToken,
          body: {},
        });
      const start = await stage.sync(watcher, undefined, filter);
      const next = async (since: Record<string, unknown>) =>
        await stage.sync(watcher, since['next_batch'], `${filter}&timeout=10000`);
      await act('join');
      const joined = await next(start);
      expect(lists(joined).changed).toContain(other.userId);
      using _olm = await OlmClient.start(stage.homeserver.baseUrl, other);
      const uploaded = await next(joined);
      expect(lists(uploaded)).toEqual({ changed: [other.userId], left: [] });
      await act('leave');
      const left = await next(uploaded);
      expect(lists(left)).toEqual({ changed: [], left: [other.userId] });
      const query = `from=${String(start['next_batch'])}&to=${String(left['next_batch'])}`;
      const path = `${client}/keys/changes?${query}`;
      const { json } = await stage.call('GET', path, { token: watcher.accessToken });
      expect(json['left']).toEqual([other.userId]);
    });

    it('name who shares a room that was newly joined, and who does no more after it was left', async () => {
      const [watcher, other] = [await stage.device('comer'), await stage.device('native')];
      const roomId = await stage.room([{ ...other, token: other.accessToken }]);
      const act = (action: string) =>
        stage.call('POST', `${client}/rooms/${roomId}/${action}`, {
          token: watcher.accessToken,
          body: {},
        });
      const { next_batch: since } = await stage.sync(watcher);
      await act('join');
      const joined = await stage.sync(watcher, since);
      expect(lists(joined).changed).toContain(other.userId);
      await act('leave');
      const left = await stage.sync(watcher, joined['next_batch']);
      expect(lists(left).left).toContain(other.userId);
    });
  });

  describe('a filter', () => {
    it('keeps chatter from a sync and shows what it names', async () => {
      const who = await stage.device('filtered');
      const roomId = await stage.room([{ ...who, token: who.accessToken }]);
      const path = `${client}/user/${encodeURIComponent(who.userId)}/filter`;
      const token = who.accessToken;
      const stored = await stage.call('POST', path, { token, body: quiet });
      const filter = `filter=${String(stored.json['filter_id'])}`;
      const read = await stage.call('GET', `${path}/${String(stored.json['filter_id'])}`, {
        token,
      });
      expect(read.json).toEqual(quiet);
      const start = await stage.sync(who, undefined, filter);
      await stage.say(roomId, 'chatter', stage.alice.token);
      const idle = await stage.sync(who, start['next_batch'], filter);
      expect(idle).not.toHaveProperty('rooms');
      const content = { algorithm: 'm.megolm.v1.aes-sha2' };
      const state = `${client}/rooms/${roomId}/state/m.room.encryption`;
      await stage.call('PUT', state, { token: stage.alice.token, body: content });
      const told = await stage.sync(who, idle['next_batch'], filter);
      const timeline = { events: [{ type: 'm.room.encryption', content }] };
      expect(told).toMatchObject({
        rooms: { join: { [decodeURIComponent(roomId)]: { timeline } } },
      });
    });
  });

  describe('account data', () => {
    it('is its owner’s to write and read, and comes with a sync', async () => {
      const who = await stage.device('keeper');
      const token = who.accessToken;
      const { next_batch: since } = await stage.sync(who);
      const path = (userId: string, type: string) =>
        `${client}/user/${encodeURIComponent(userId)}/account_data/${type}`;
      const content = { starts: 1 };
      const put = await stage.call('PUT', path(who.userId, 'org.example.bell'), {
        token,
        body: content,
      });
      expect(put.json).toEqual({});
      const got = await stage.call('GET', path(who.userId, 'org.example.bell'), { token });
      expect(got.json).toEqual(content);
      const missing = await stage.call('GET', path(who.userId, 'org.example.none'), { token });
      expect(gist(missing)).toEqual({ status: 404, errcode: 'M_NOT_FOUND' });
      const others = await stage.call('GET', path(stage.alice.userId, 'org.example.bell'), {
        token,
      });
      expect(gist(others)).toEqual({ status: 403, errcode: 'M_FORBIDDEN' });
      const { account_data: told } = await stage.sync(who, since);
      expect(told).toEqual({ events: [{ type: 'org.example.bell', content }] });
    });
  });

  describe('a device', () => {
    it('is named, listed, and ended with the password', async () => {
      const who = await stage.device('ending');
      const token = await stage.token({ ...who, token: who.accessToken }, 'STAYS');
      const path = `${client}/devices/${who.deviceId}`;
      await stage.call('PUT', path, { token, body: { display_name: 'Bell' } });
      const named = { device_id: who.deviceId, display_name: 'Bell' };
      expect((await stage.call('GET', path, { token })).json).toMatchObject(named);
      const asked = await stage.call('DELETE', path, { token, body: {} });
      expect(asked).toMatchObject({
        status: 401,
        json: { flows: [{ stages: ['m.login.password'] }] },
      });
      const identifier = { type: 'm.id.user', user: who.name };
      const { session } = asked.json;
      const auth = { type: 'm.login.password', identifier, password, session };
      expect((await stage.call('DELETE', path, { token, body: { auth } })).json).toEqual({});
      const gone = await stage.call('GET', path, { token });
      expect(gist(gone)).toEqual({ status: 404, errcode: 'M_NOT_FOUND' });
      const whoami = await stage.call('GET', `${client}/account/whoami`, {
        token: who.accessToken,
      });
      expect(gist(whoami)).toEqual({ status: 401, errcode: 'M_UNKNOWN_TOKEN' });
    });
  });

  it('the members of a room are listed by what they are', async () => {
    const roomId = await stage.room([stage.bob], { invite: [stage.carol.userId] });
    const list = async (query: string) => {
      const path = `${client}/rooms/${roomId}/members?${query}`;
      const { json } = await stage.call('GET', path, { token: stage.alice.token });
      return (json['chunk'] as { state_key: string }[]).map((event) => event.state_key).sort();
    };
    const { alice, bob, carol } = stage;
    expect(await list('')).toEqual([alice.userId, bob.userId, carol.userId].sort());
    expect(await list('membership=invite')).toEqual([carol.userId]);
    expect(await list('not_membership=invite')).toEqual([alice.userId, bob.userId].sort());
  });
}

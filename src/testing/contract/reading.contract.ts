import { describe, expect, it } from 'vitest';
import { client, gist, type Stage } from './stage.contract.ts';

/** Far longer than a homeserver takes to write one event into each room of a user. */
const pollOptions = { timeout: 10_000 };

/** Reading back, redacting, syncing, media and profiles. */
export function describeReading(stage: Stage): void {
  const bodies = (chunk: unknown) =>
    (chunk as readonly { content: { body?: string } }[]).map(({ content }) => content.body);

  describe('a timeline', () => {
    it('is read backwards page by page', async () => {
      const roomId = await stage.room();
      const { token } = stage.alice;
      for (const word of ['one', 'two', 'three']) await stage.say(roomId, word, token, word);
      const path = `${client}/rooms/${roomId}/messages?dir=b`;
      const first = (await stage.call('GET', `${path}&limit=2`, { token })).json;
      expect(bodies(first['chunk'])).toEqual(['three', 'two']);
      const from = String(first['end']);
      const second = (await stage.call('GET', `${path}&limit=1&from=${from}`, { token })).json;
      expect(bodies(second['chunk'])).toEqual(['one']);
    });

    it('refuses a token that is none', async () => {
      const path = `${client}/rooms/${await stage.room()}/messages?dir=b&from=ghost`;
      const answer = await stage.call('GET', path, { token: stage.alice.token });
      expect(gist(answer)).toEqual({ status: 400, errcode: 'M_UNKNOWN' });
    });

    it('keeps a redacted event without its content', async () => {
      const roomId = await stage.room([stage.bob]);
      const { token } = stage.alice;
      const event = encodeURIComponent(String(await stage.say(roomId, 'said', token)));
      const path = `${client}/rooms/${roomId}/redact/${event}`;
      const others = await stage.call('PUT', `${path}/r1`, { token: stage.bob.token, body: {} });
      expect(gist(others)).toEqual({ status: 403, errcode: 'M_FORBIDDEN' });
      expect((await stage.call('PUT', `${path}/r2`, { token, body: {} })).status).toBe(200);
      const seen = await stage.call('GET', `${client}/rooms/${roomId}/event/${event}`, { token });
      const because = { type: 'm.room.redaction' };
      expect(seen.json).toMatchObject({ content: {}, unsigned: { redacted_because: because } });
    });

    it('does not know an event that is not there', async () => {
      const path = `${client}/rooms/${await stage.room()}/event/${encodeURIComponent('$ghost')}`;
      const answer = await stage.call('GET', path, { token: stage.alice.token });
      expect(gist(answer)).toEqual({ status: 404, errcode: 'M_NOT_FOUND' });
    });
  });

  describe('a sync', () => {
    it('shows an invitation, then the room, then what is new in it', async () => {
      const who = await stage.person('syncing');
      const roomId = await stage.room([], { invite: [who.userId] });
      const id = decodeURIComponent(roomId);
      const sync = async (since?: unknown) => {
        const query = typeof since === 'string' ? `&since=${since}` : '';
        const path = `${client}/sync?timeout=0${query}`;
        return (await stage.call('GET', path, { token: who.token })).json;
      };
      const first = await sync();
      expect(first).toHaveProperty(['rooms', 'invite', id, 'invite_state', 'events']);
      await stage.call('POST', `${client}/join/${roomId}`, { token: who.token, body: {} });
      const second = await sync(first['next_batch']);
      expect(second).toHaveProperty(['rooms', 'join', id]);
      await stage.say(roomId, 'news', stage.alice.token, 'news');
      const third = await sync(second['next_batch']);
      const place = { rooms: { join: { [id]: { timeline: { limited: false } } } } };
      expect(third).toMatchObject(place);
      const { rooms } = third as {
        rooms: { join: Record<string, { timeline: { events: unknown } }> };
      };
      expect(bodies(rooms.join[id]?.timeline.events)).toEqual(['news']);
    });

    it('ends its wait with the first event', async () => {
      const roomId = await stage.room([stage.carol]);
      const { token } = stage.carol;
      const { next_batch: since } = (await stage.call('GET', `${client}/sync`, { token })).json;
      const path = `${client}/sync?timeout=20000&since=${String(since)}`;
      const waiting = stage.call('GET', path, { token });
      await stage.say(roomId, 'wake', stage.alice.token, 'wake');
      expect((await waiting).json).toHaveProperty(['rooms', 'join', decodeURIComponent(roomId)]);
    });

    it('refuses a token that is none', async () => {
      const path = `${client}/sync?timeout=0&since=ghost`;
      const answer = await stage.call('GET', path, { token: stage.alice.token });
      expect(gist(answer)).toEqual({ status: 400, errcode: 'M_UNKNOWN' });
    });
  });

  describe('media', () => {
    it('comes back as it went, and only with a token', async () => {
      const { token } = stage.alice;
      const upload = { token, raw: 'a file', contentType: 'text/plain' };
      const { json } = await stage.call('POST', '/_matrix/media/v3/upload?filename=a.txt', upload);
      const path = String(json['content_uri']).replace(
        'mxc://',
        '/_matrix/client/v1/media/download/',
      );
      const got = await stage.call('GET', path, { token });
      expect(got.json).toEqual({ text: 'a file' });
      expect(got.headers.get('content-type')).toMatch(/^text\/plain/);
      expect(got.headers.get('content-disposition')).toContain('a.txt');
      expect(gist(await stage.call('GET', path))).toEqual({
        status: 401,
        errcode: 'M_MISSING_TOKEN',
      });
      const ghost = `/_matrix/client/v1/media/download/${stage.homeserver.serverName}/ghost`;
      const missing = await stage.call('GET', ghost, { token });
      expect(gist(missing)).toEqual({ status: 404, errcode: 'M_NOT_FOUND' });
    });

    it('has a limit that can be asked for', async () => {
      const { json } = await stage.call('GET', '/_matrix/client/v1/media/config', {
        token: stage.alice.token,
      });
      expect(json).toEqual({ 'm.upload.size': 52_428_800 });
    });
  });

  describe('a profile', () => {
    it('is its owner’s to change, and shows in the rooms', async () => {
      const roomId = await stage.room([stage.carol]);
      const { token, userId } = stage.carol;
      const path = `${client}/profile/${encodeURIComponent(userId)}/displayname`;
      const body = { displayname: 'Carol the bell' };
      const others = await stage.call('PUT', path, { token: stage.bob.token, body });
      expect(gist(others)).toEqual({ status: 400, errcode: 'M_FORBIDDEN' });
      expect((await stage.call('PUT', path, { token, body })).status).toBe(200);
      expect((await stage.call('GET', path)).json).toEqual(body);
      const members = `${client}/rooms/${roomId}/joined_members`;
      // Synapse writes the new name into the rooms after it has answered.
      const nameInRoom = async () => {
        const { json } = await stage.call('GET', members, { token });
        return (json as { joined: Record<string, { display_name?: string }> }).joined[userId];
      };
      await expect.poll(nameInRoom, pollOptions).toMatchObject({ display_name: body.displayname });
    });
  });

  it('says M_UNRECOGNIZED to an unknown path (404) and a wrong method (405)', async () => {
    const { token } = stage.alice;
    const path = await stage.call('GET', `${client}/ghost`, { token });
    expect(gist(path)).toEqual({ status: 404, errcode: 'M_UNRECOGNIZED' });
    const method = await stage.call('DELETE', `${client}/joined_rooms`, { token });
    expect(gist(method)).toEqual({ status: 405, errcode: 'M_UNRECOGNIZED' });
  });
}

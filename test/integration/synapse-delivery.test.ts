import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { parseMxcUri, parseRoomId, type RoomId } from '../../src/matrix/ids.ts';
import { invite, joinedMembers } from '../../src/matrix/rooms.ts';
import { putState } from '../../src/matrix/state.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { call } from './parts/call.ts';
import { readRoom, readTexts } from './parts/read-room.ts';
import { startGateway } from './parts/start-gateway.ts';
import { marks, submitAll } from './parts/submit-all.ts';
import { soon } from './parts/synapse-people.ts';
import { openSynapseStage, type SynapseStage } from './parts/synapse-stage.ts';

let stage: SynapseStage;

const encryption = { algorithm: 'm.megolm.v1.aes-sha2' };

await describeWithSynapse('a gateway before Synapse', () => {
  beforeAll(async () => {
    stage = await openSynapseStage();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });
  beforeEach(async () => {
    await stage.changeReader();
  });

  describe('what callers send', () => {
    it('arrives once, by whichever door it came, in a room of Synapse’s default version', async () => {
      const room = await stage.room();
      expect(room).not.toContain(':');
      await using gateway = await stage.gatewayTo(room, await stage.people.register('bot'));
      const path = `/_matrix/client/v3/rooms/${room}/send/m.room.message`;
      const content = (body: string) => ({ msgtype: 'm.text', body });
      const native = await gateway.notify({ title: 'Disk', body: 'full' });
      const put = await gateway.call('PUT', `${path}/txn-1`, { body: content('by PUT') });
      const again = await gateway.call('PUT', `${path}/txn-1`, { body: content('by PUT') });
      const post = await gateway.call('POST', path, { body: content('by POST') });
      const hook = await gateway.call('POST', '/hooks/scripts', { body: 'by hook' });
      const statuses = [native, put, again, post, hook].map(({ status }) => status);
      expect(statuses).toEqual([200, 200, 200, 200, 200]);
      expect(again.json['event_id']).toBe(put.json['event_id']);
      const ends = await gateway.settled();
      const events = await readRoom(stage.reader, room);
      expect(events.map(({ eventId }) => eventId)).toEqual(ends.map(({ eventId }) => eventId));
      expect(events.map(({ content: { body } }) => String(body))).toEqual([
        expect.stringMatching(/Disk[\s\S]*full/),
        'by PUT',
        'by POST',
        'by hook',
      ]);
      expect([native, put, post].map(({ json }) => json['event_id'])).toEqual(
        events.slice(0, 3).map(({ eventId }) => eventId),
      );
      expect(events[1]?.content).toEqual(content('by PUT'));
      const { text: metrics } = await call('GET', `${gateway.url}/metrics`);
      expect(metrics).toContain('bellhop_outbox_messages{state="delivered"} 4');
    });

    it('that is longer than an event is cut, and the whole of it can be downloaded', async () => {
      const room = await stage.room();
      await using gateway = await stage.gatewayTo(room, await stage.people.register('bot'));
      const line = 'an eventful day in the life of a cron job, with “ü” and 𝄞';
      const whole = Array.from({ length: 4000 }, (_, i) => `${i}: ${line}`).join('\n');
      expect(await gateway.notify(whole)).toMatchObject({ status: 200 });
      const [message, file, ...others] = await readRoom(stage.reader, room);
      expect(others).toEqual([]);
      const shown = String(message?.content['body']);
      expect(shown.startsWith(`0: ${line}\n1: `)).toBe(true);
      expect(shown.length).toBeLessThan(63_000);
      expect(file?.content).toMatchObject({ msgtype: 'm.file', url: expect.any(String) });
      const mxc = parseMxcUri(String(file?.content['url']));
      const path = String(mxc).replace('mxc://', '/_matrix/client/v1/media/download/');
      const { text } = await call('GET', stage.synapse.baseUrl + path, {
        token: stage.reader.accessToken,
      });
      expect(text).toBe(whole);
    });

    it('can be taken back by the id that the façade gave', async () => {
      const room = await stage.room();
      await using gateway = await stage.gatewayTo(room, await stage.people.register('bot'));
      const path = `/_matrix/client/v3/rooms/${room}`;
      const body = { msgtype: 'm.text', body: 'a mistake' };
      const sent = await gateway.call('PUT', `${path}/send/m.room.message/1`, { body });
      const eventId = encodeURIComponent(String(sent.json['event_id']));
      const taken = await gateway.call('PUT', `${path}/redact/${eventId}/2`, { body: {} });
      expect(taken.status).toBe(200);
      await gateway.settled();
      const [event] = await readRoom(stage.reader, room);
      expect(event?.content).toEqual({});
    });
  });

  describe('a room', () => {
    it('that invites the account is entered by itself', async () => {
      const bot = await stage.people.register('bot');
      const room = await stage.room({ preset: 'private_chat', invite: [bot.userId] });
      await using gateway = await stage.gatewayTo(room, bot);
      expect(await gateway.notify('let in')).toMatchObject({ status: 200 });
      expect(await readTexts(stage.reader, room)).toEqual(['let in']);
    });

    it('that is closed waits for an invitation, and holds up no other', async () => {
      const bot = await stage.people.register('bot');
      const closed = await stage.room({ preset: 'private_chat' });
      const open = await stage.room();
      await using gateway = await startGateway({
        accounts: { main: stage.people.accountOf(bot) },
        rooms: { closed, open },
      });
      await submitAll(gateway, marks(3));
      await gateway.log.when('lane_waits', { for: 'room' });
      const other = await gateway.notify({ room: 'open', body: 'not held up' });
      expect(other).toMatchObject({ status: 200 });
      await invite(stage.reader, closed, bot.userId, soon());
      await gateway.wake();
      await gateway.settled();
      expect(await readTexts(stage.reader, closed)).toEqual(marks(3));
      expect(await readTexts(stage.reader, open)).toEqual(['not held up']);
    });

    it('that is encrypted gets nothing in clear, neither messages nor files', async () => {
      const bot = await stage.people.register('bot');
      const admin = await stage.people.arrive('admin', true);
      const initialState = [{ type: 'm.room.encryption', stateKey: '', content: encryption }];
      const room = await stage.room({ initialState });
      await using gateway = await stage.gatewayTo(room, bot);
      const body = { body: 'a secret '.repeat(20_000) };
      const { status, json } = await gateway.call('POST', '/v1/notifications', { body });
      expect(status).toBe(202);
      await gateway.waits('cross-signing identity');
      const waiting = { state: 'queued' };
      expect(json).toMatchObject({ entries: [waiting, waiting] });
      expect(await readRoom(stage.reader, room)).toEqual([]);
      const path = `/_synapse/admin/v1/users/${bot.userId}/media`;
      const media = await call('GET', stage.synapse.baseUrl + path, { token: admin.accessToken });
      expect(media.json).toMatchObject({ total: 0 });
    });

    it('that becomes encrypted gets nothing in clear once the minute is over for which it was known to be clear', async () => {
      const bot = await stage.people.register('bot');
      const room = await stage.room();
      let shiftMs = 0;
      const monotonic = () => systemClock.monotonic() + shiftMs;
      await using gateway = await startGateway(
        { accounts: { main: stage.people.accountOf(bot) }, rooms: { ops: room } },
        { clock: { ...systemClock, monotonic } },
      );
      expect(await gateway.notify('clear')).toMatchObject({ status: 200 });
      await putState(stage.reader, room, 'm.room.encryption', '', encryption, soon());
      shiftMs = 60_000;
      await gateway.call('POST', '/v1/notifications', { body: { body: 'a secret' } });
      await gateway.waits('cross-signing identity');
      expect(await readTexts(stage.reader, room)).toEqual(['clear']);
    });

    it('that was upgraded is followed, in order and without a second copy', async () => {
      const bot = await stage.people.register('bot');
      const room = await stage.room();
      await using gateway = await stage.gatewayTo(room, bot);
      expect(await gateway.notify('before')).toMatchObject({ status: 200 });
      const replacement = await upgrade(room);
      await submitAll(gateway, marks(5));
      await gateway.settled();
      expect(await readTexts(stage.reader, room)).toEqual(['before']);
      expect(await readTexts(stage.reader, replacement)).toEqual(marks(5));
      const followed = { from: room, to: replacement };
      expect(gateway.log.of('room_upgrade_followed', followed)).toHaveLength(1);
      // What the façade calls the old room is the new one now.
      const path = `/_matrix/client/v3/rooms/${room}/send/m.room.message/1`;
      const body = { msgtype: 'm.text', body: 'after' };
      expect(await gateway.call('PUT', path, { body })).toMatchObject({ status: 200 });
      await gateway.settled();
      expect(await readTexts(stage.reader, replacement)).toEqual([...marks(5), 'after']);
    });

    it('that was upgraded and is closed is entered once the account is invited', async () => {
      const bot = await stage.people.register('bot');
      const room = await stage.room({ preset: 'private_chat', invite: [bot.userId] });
      await using gateway = await stage.gatewayTo(room, bot);
      expect(await gateway.notify('before')).toMatchObject({ status: 200 });
      const replacement = await upgrade(room);
      await submitAll(gateway, marks(3));
      await gateway.log.when('lane_waits');
      await invite(stage.reader, replacement, bot.userId, soon());
      await gateway.wake();
      await gateway.settled();
      expect(await readTexts(stage.reader, room)).toEqual(['before']);
      expect(await readTexts(stage.reader, replacement)).toEqual(marks(3));
    });

    it('is found by its alias, and joined through it', async () => {
      const bot = await stage.people.register('bot');
      const room = await stage.room({ aliasLocalpart: 'ops' });
      await using gateway = await stage.gatewayTo(`#ops:${stage.synapse.serverName}`, bot);
      expect(await gateway.notify('by alias')).toMatchObject({ status: 200 });
      expect(await readTexts(stage.reader, room)).toEqual(['by alias']);
      expect(await joinedMembers(stage.reader, room, soon())).toContain(bot.userId);
    });
  });
});

/** Replaces a room in the reader's name. */
async function upgrade(room: RoomId): Promise<RoomId> {
  const url = `${stage.synapse.baseUrl}/_matrix/client/v3/rooms/${encodeURIComponent(room)}/upgrade`;
  const { json } = await call('POST', url, {
    token: stage.reader.accessToken,
    body: { new_version: '12' },
  });
  const replacement = parseRoomId(String(json['replacement_room']));
  if (replacement === undefined) throw new Error(`not upgraded: ${JSON.stringify(json)}`);
  return replacement;
}

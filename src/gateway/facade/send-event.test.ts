import { describe, expect, it } from 'vitest';
import { localEventId } from '../../outbox/local-event-id.ts';
import {
  openTestGateway,
  opsRoomId,
  deliverWhileWaiting as send,
  letWaitPass as sendUnanswered,
  type TestGateway,
  testSettings,
  testSource,
} from '../test-gateway.contract.ts';

const authorization = 'Bearer router-token';
const text = { msgtype: 'm.text', body: 'hello' };
const v3 = '/_matrix/client/v3';
const sendUrl = `${v3}/rooms/${encodeURIComponent(opsRoomId)}/send/m.room.message`;
const open = () => openTestGateway(testSettings([testSource('router'), testSource('Other One')]));

describe('event ids', () => {
  it('a message that has not arrived within two seconds has a local event id', async () => {
    await using test = await open();
    const reply = await sendUnanswered(test, {
      method: 'PUT',
      url: `${sendUrl}/1`,
      headers: { authorization },
      payload: text,
    });
    expect(reply.statusCode).toBe(200);
    const [entry] = await test.store.entries({ limit: 1 });
    expect(reply.json().event_id).toBe(localEventId(entry?.id ?? ''));
    expect(reply.json().event_id).toMatch(/^\$[\w-]{1,43}$/);
  });

  it('a local event id may be named in an edit and in a redaction', async () => {
    await using test = await open();
    const headers = { authorization };
    const first = await sendUnanswered(test, {
      method: 'PUT',
      url: `${sendUrl}/1`,
      headers,
      payload: text,
    });
    const eventId = first.json().event_id;
    const edit = {
      ...text,
      'm.new_content': text,
      'm.relates_to': { rel_type: 'm.replace', event_id: eventId },
    };
    await sendUnanswered(test, { method: 'PUT', url: `${sendUrl}/2`, headers, payload: edit });
    const redactUrl = `${v3}/rooms/${opsRoomId}/redact/${encodeURIComponent(eventId)}/3`;
    const redacted = await send(test, {
      method: 'PUT',
      url: redactUrl,
      headers,
      payload: { reason: 'wrong' },
    });
    expect(redacted.statusCode).toBe(200);
    const contents = await test.contents();
    expect(contents[1]?.content).toEqual(edit);
    expect(contents[2]).toMatchObject({
      type: 'm.room.redaction',
      content: { redacts: eventId, reason: 'wrong' },
    });
  });

  it('what the homeserver refuses for good is told in its words', async () => {
    await using test = await open();
    const arrived = test.nextArrival();
    const reply = test.inject({
      method: 'PUT',
      url: `${sendUrl}/1`,
      headers: { authorization },
      payload: text,
    });
    await arrived;
    await test.deliver((seq) => ({
      seq,
      state: 'dead',
      reason: 'refused',
      error: 'not here',
      at: 1,
    }));
    expect((await reply).statusCode).toBe(403);
    expect((await reply).json()).toMatchObject({
      errcode: 'M_FORBIDDEN',
      error: expect.stringContaining('(not here)'),
    });
  });
});

describe('repeats', () => {
  async function put(test: TestGateway, txnId: string, payload: object, token = 'router-token') {
    return await send(test, {
      method: 'PUT',
      url: `${sendUrl}/${txnId}`,
      headers: { authorization: `Bearer ${token}` },
      payload,
    });
  }

  it('the same transaction with the same content is the same event', async () => {
    await using test = await open();
    const first = await put(test, '7', text);
    expect((await put(test, '7', text)).json()).toEqual(first.json());
    expect(await test.contents()).toHaveLength(1);
  });

  it('another content under a used transaction id arrives, too', async () => {
    await using test = await open();
    await put(test, '0', text);
    await put(test, '0', { ...text, body: 'another' });
    expect(await test.contents()).toHaveLength(2);
  });

  it('every login has its own transactions', async () => {
    await using test = await open();
    const login = async () => {
      const reply = await test.inject({
        method: 'POST',
        url: `${v3}/login`,
        payload: { type: 'm.login.password', user: 'router', password: 'router-token' },
      });
      return reply.json().access_token as string;
    };
    const [one, two] = [await login(), await login()];
    expect(one).not.toBe(two);
    await put(test, '0', text, one);
    await put(test, '0', text, two);
    await put(test, '0', text, two);
    expect(await test.contents()).toHaveLength(2);
  });

  it('without a transaction id the window of the source counts', async () => {
    const source = testSource('router', { dedupeWindowMs: 60_000 });
    await using test = await openTestGateway(testSettings([source]));
    const post = (body: string) =>
      send(test, {
        method: 'POST',
        url: sendUrl,
        headers: { authorization },
        payload: { ...text, body },
      });
    const first = await post('a');
    expect((await post('a')).json()).toEqual(first.json());
    await post('b');
    expect(await test.contents()).toHaveLength(2);
  });
});

describe('contents', () => {
  it('lone surrogates are mended and everything else passes unchanged, NUL too', async () => {
    await using test = await open();
    await send(test, {
      method: 'PUT',
      url: `${sendUrl}/1`,
      headers: { authorization },
      payload: '{"msgtype":"m.text","body":"a\\ud800b\\u0000","x":{"z":1,"a":[true,null]}}',
    });
    expect((await test.contents())[0]?.content).toEqual({
      msgtype: 'm.text',
      body: 'a\ufffdb\u0000',
      x: { z: 1, a: [true, null] },
    });
  });

  it('any type of event passes', async () => {
    await using test = await open();
    await send(test, {
      method: 'PUT',
      url: `${v3}/rooms/${opsRoomId}/send/m.reaction/1`,
      headers: { authorization },
      payload: { 'm.relates_to': { rel_type: 'm.annotation', event_id: '$x', key: '👍' } },
    });
    expect((await test.contents())[0]?.type).toBe('m.reaction');
  });

  it('words that are too long are cut, and the whole text goes along', async () => {
    await using test = await open();
    const body = 'word '.repeat(14_000);
    const reply = await send(test, {
      method: 'PUT',
      url: `${sendUrl}/1`,
      headers: { authorization },
      payload: { ...text, body, 'org.example.key': 1 },
    });
    expect(reply.statusCode).toBe(200);
    const [cut, file] = await test.contents();
    expect(cut?.content).toMatchObject({ 'org.example.key': 1 });
    expect(file?.content['msgtype']).toBe('m.file');
  });
});

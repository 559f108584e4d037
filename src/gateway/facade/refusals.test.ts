import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import {
  openTestGateway,
  opsRoomId,
  deliverWhileWaiting as send,
  testSettings,
  testSource,
} from '../test-gateway.contract.ts';

const authorization = 'Bearer router-token';
const text = { msgtype: 'm.text', body: 'hello' };
const v3 = '/_matrix/client/v3';
const sendUrl = `${v3}/rooms/${encodeURIComponent(opsRoomId)}/send/m.room.message`;
const open = () => openTestGateway(testSettings([testSource('router'), testSource('Other One')]));

describe('refusals', () => {
  it.each([
    ['no token', {}, 401, 'M_MISSING_TOKEN'],
    ['an unknown token', { authorization: 'Bearer nobody' }, 401, 'M_UNKNOWN_TOKEN'],
    [
      'a forged login token',
      { authorization: 'Bearer bh_cm91dGVy.AAAA.BBBB' },
      401,
      'M_UNKNOWN_TOKEN',
    ],
    ["an operator's token", { authorization: 'Bearer admin-token' }, 401, 'M_UNKNOWN_TOKEN'],
  ])('%s is a Matrix error', async (_what, headers, status, errcode) => {
    await using test = await open();
    const reply = await test.inject({ method: 'PUT', url: `${sendUrl}/1`, headers, payload: text });
    expect([reply.statusCode, reply.json().errcode]).toEqual([status, errcode]);
  });

  const deep = `{"a":${'['.repeat(200)}${']'.repeat(200)}}`;
  it.each([
    [
      'a room outside the list',
      `${v3}/rooms/!secret:example.org/send/m.room.message/1`,
      '{}',
      403,
      'M_FORBIDDEN',
    ],
    ['an unknown room', `${v3}/rooms/!x:y/send/m.room.message/1`, '{}', 403, 'M_FORBIDDEN'],
    ['broken JSON', `${sendUrl}/1`, '{"a"', 400, 'M_NOT_JSON'],
    ['no body', `${sendUrl}/1`, '', 400, 'M_NOT_JSON'],
    ['invalid UTF-8', `${sendUrl}/1`, Buffer.from([0x7b, 0xff, 0x7d]), 400, 'M_NOT_JSON'],
    ['JSON that is no object', `${sendUrl}/1`, '[]', 400, 'M_BAD_JSON'],
    ['a fraction', `${sendUrl}/1`, '{"a":{"b":[1.5]}}', 400, 'M_BAD_JSON'],
    ['an integer beyond 2^53', `${sendUrl}/1`, '{"a":9007199254740993}', 400, 'M_BAD_JSON'],
    ['deep nesting', `${sendUrl}/1`, deep, 400, 'M_BAD_JSON'],
    [
      'an event that is too large',
      `${sendUrl}/1`,
      `{"a":"${'x'.repeat(64_000)}"}`,
      413,
      'M_TOO_LARGE',
    ],
    [
      'a body that is too large',
      `${sendUrl}/1`,
      `{"a":"${'x'.repeat(2_000_000)}"}`,
      413,
      'M_TOO_LARGE',
    ],
    [
      'a type that is too long',
      `${v3}/rooms/${opsRoomId}/send/${'t'.repeat(256)}/1`,
      '{}',
      400,
      'M_INVALID_PARAM',
    ],
    [
      'an unknown path with much of it',
      `${v3}/nonsense`,
      'x'.repeat(2_000_000),
      404,
      'M_UNRECOGNIZED',
    ],
    ['a redaction of nothing', `${v3}/rooms/${opsRoomId}/redact/x/1`, '{}', 400, 'M_INVALID_PARAM'],
    ['an unknown path', `${v3}/nonsense`, '{}', 404, 'M_UNRECOGNIZED'],
    ['another method', `${v3}/joined_rooms`, '{}', 405, 'M_UNRECOGNIZED'],
    ['a path that is not encoded right', `${v3}/rooms/%zz/send/a/1`, '{}', 400, 'M_BAD_JSON'],
  ])('%s is a Matrix error', async (_what, url, payload, status, errcode) => {
    await using test = await open();
    const reply = await test.inject({ method: 'PUT', url, headers: { authorization }, payload });
    expect([reply.statusCode, reply.json().errcode]).toEqual([status, errcode]);
    expect(await test.contents()).toEqual([]);
    expect(test.incidents).toEqual([]);
  });

  it('an alias that is not configured is not found, one that is not allowed is forbidden', async () => {
    await using test = await openTestGateway(
      testSettings([
        testSource('router', { rules: { defaultRooms: [], allowed: ['deploys'], origins: {} } }),
      ]),
    );
    const look = async (alias: string) => {
      const url = `${v3}/directory/room/${encodeURIComponent(alias)}`;
      return (await test.inject({ method: 'GET', url, headers: { authorization } })).statusCode;
    };
    expect(await look('#nowhere:example.org')).toBe(404);
    expect(await look('#ops:example.org')).toBe(403);
    expect(await look('#deploys:example.org')).toBe(200);
  });

  it('strangers are told an id for any alias, and never whether it is configured', async () => {
    await using test = await open();
    const look = (alias: string, headers = {}) => {
      const url = `${v3}/directory/room/${encodeURIComponent(alias)}`;
      return test.inject({ method: 'GET', url, headers });
    };
    for (const alias of ['#ops:example.org', '#secret:example.org', '#nowhere:else.org']) {
      const reply = await look(alias);
      expect(reply.statusCode).toBe(200);
      expect(reply.json().room_id).not.toBe(opsRoomId);
    }
    for (const alias of ['ops', '#ops', '!ops:example.org', `#${'x'.repeat(255)}:example.org`]) {
      expect((await look(alias)).json().errcode).toBe('M_INVALID_PARAM');
    }
    const wrong = await look('#ops:example.org', { authorization: 'Bearer nobody' });
    expect([wrong.statusCode, wrong.json().errcode]).toEqual([401, 'M_UNKNOWN_TOKEN']);
  });

  it('above the rate of the source the answer is 429 with retry_after_ms', async () => {
    const source = testSource('router', { rate: { count: 1, intervalMs: 8000 } });
    await using test = await openTestGateway(testSettings([source]));
    const request: InjectOptions = {
      method: 'PUT',
      url: `${sendUrl}/1`,
      headers: { authorization },
      payload: text,
    };
    await send(test, request);
    const reply = await test.inject(request);
    expect(reply.statusCode).toBe(429);
    expect(reply.headers['retry-after']).toBe('8');
    expect(reply.json()).toMatchObject({ errcode: 'M_LIMIT_EXCEEDED', retry_after_ms: 8000 });
  });

  it('a source that speaks another format is not a Matrix client', async () => {
    const source = testSource('router', { format: 'alertmanager' });
    await using test = await openTestGateway(testSettings([source]));
    const reply = await test.inject({
      method: 'GET',
      url: `${v3}/joined_rooms`,
      headers: { authorization },
    });
    expect(reply.json().errcode).toBe('M_FORBIDDEN');
  });
});

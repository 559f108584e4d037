import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Clock } from '../clock.ts';
import { openTestGateway, opsRoomId, testSettings, testSource } from './test-gateway.contract.ts';

/** Nobody waits: whoever asks for time gets it at once. */
const hastyClock: Clock = {
  now: () => 1_767_225_600_000,
  monotonic: () => 0,
  after: (_delayMs, run) => {
    const immediate = setImmediate(run);
    return () => clearImmediate(immediate);
  },
};

/** Any UTF-16, lone surrogates included. */
const anyText = fc.string({
  unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)),
  maxLength: 40,
});
const pathPart = fc.oneof(
  anyText.map((text) => encodeURIComponent(text.toWellFormed())),
  fc.constantFrom(
    'ops',
    opsRoomId,
    '%',
    '%zz',
    '%00',
    '..',
    '!',
    '#x:y',
    '__proto__',
    'm.room.message',
    '1',
  ),
);
const v3 = '/_matrix/client/v3';
const path = fc.oneof(
  fc.constantFrom(
    '/v1/notifications',
    '/v1/wake',
    '/hooks/cluster',
    '/hooks/open',
    `${v3}/login`,
    `${v3}/sync`,
  ),
  fc
    .tuple(fc.constantFrom('/hooks', '/v1/notifications', v3), pathPart, pathPart)
    .map((parts) => parts.join('/')),
  fc
    .tuple(pathPart, fc.constantFrom('send', 'state', 'redact', 'join', 'x'), pathPart, pathPart)
    .map((parts) => `${v3}/rooms/${parts.join('/')}`),
  pathPart.map((part) => `/${part}`),
);
const query = fc.dictionary(
  fc.constantFrom(
    'wait',
    'message',
    'title',
    'severity',
    'limit',
    'state',
    'since',
    'timeout',
    'token',
    '__proto__',
  ),
  fc.oneof(anyText, fc.constantFrom('5s', '1', 'dead')),
  { maxKeys: 3 },
);
const headers = fc.record(
  {
    authorization: fc.oneof(
      { weight: 5, arbitrary: fc.constantFrom('Bearer cluster-token', 'Bearer admin-token') },
      {
        weight: 1,
        arbitrary: fc.constantFrom('Bearer', 'Basic', 'Basic ====', 'Bearer bh_..', 'x'),
      },
    ),
    'content-type': fc.constantFrom(
      'application/json',
      'text/plain',
      'x',
      ';',
      'application/x-www-form-urlencoded',
    ),
    'idempotency-key': fc.constantFrom('a', 'b', ''),
  },
  { requiredKeys: [] },
);
const payload = fc.oneof(
  fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
  fc.json().map((json) => Buffer.from(json)),
  fc
    .record(
      {
        body: fc.oneof(anyText, fc.integer()),
        message: anyText,
        msgtype: fc.constant('m.text'),
        room: fc.oneof(pathPart, fc.array(pathPart)),
        type: fc.constant('m.login.password'),
        user: fc.oneof(fc.constant('cluster'), fc.constant('__proto__'), fc.object()),
        password: anyText,
        fields: fc.anything(),
        link: anyText,
      },
      { requiredKeys: [] },
    )
    .map((document) => Buffer.from(JSON.stringify(document))),
);

it('nothing that is sent makes the gateway fail', async () => {
  const settings = testSettings([testSource('cluster'), testSource('open', { auth: 'none' })]);
  await using test = await openTestGateway(settings, hastyClock);
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'HEAD'),
      path,
      query,
      headers,
      payload,
      async (method, url, fields, sent, body) => {
        const search = new URLSearchParams(fields).toString();
        const reply = await test.inject({
          method: method as 'GET',
          url: search === '' ? url : `${url}?${search}`,
          headers: sent as Record<string, string>,
          payload: body,
        });
        expect(test.incidents).toEqual([]);
        expect(reply.statusCode).toBeLessThan(500);
        expect(reply.body.length).toBeLessThan(200_000);
      },
    ),
    { numRuns: 400 },
  );
});

it.each([
  ['invalid UTF-8', Buffer.from([0x22, 0xff, 0xfe, 0x22]), 400],
  ['broken JSON', Buffer.from('{"body": "x", }'), 400],
  ['lone surrogates', Buffer.from('{"body": "a\\ud800b"}'), 202],
  ['null bytes', Buffer.from('{"body": "a\\u0000b\u0001"}'), 400],
  ['escaped null bytes', Buffer.from('{"body": "a\\u0000b"}'), 202],
  ['nothing', Buffer.alloc(0), 400],
])('%s gets one clear answer, and its neighbours arrive', async (_what, body, status) => {
  await using test = await openTestGateway(testSettings([testSource('cluster')]));
  const send = (payload: Buffer) =>
    test.inject({
      method: 'POST',
      url: '/v1/notifications',
      headers: { authorization: 'Bearer cluster-token', 'content-type': 'application/json' },
      payload,
    });
  const neighbour = Buffer.from('{"body": "neighbour"}');
  await send(neighbour);
  const reply = await send(body);
  await send(neighbour);
  expect(reply.statusCode).toBe(status);
  if (status === 400) expect(reply.json().problems[0].message).not.toBe('');
  const bodies = (await test.contents()).map(({ content }) => content['body']);
  expect(bodies.filter((text) => text === 'neighbour')).toHaveLength(2);
  expect(JSON.stringify(bodies).isWellFormed()).toBe(true);
});

it.each(['a/b;c', 'text', '/', ';', 'multipart/form-data'])(
  'a body is read, or refused, under any Content-Type and stays without consequences: %s',
  async (type) => {
    await using test = await openTestGateway(testSettings([testSource('cluster')]));
    const send = (payload: Buffer) =>
      test.inject({
        method: 'POST',
        url: '/hooks/cluster',
        headers: { authorization: 'Bearer cluster-token', 'content-type': type },
        payload,
      });
    const refused = await send(Buffer.alloc(2 << 20));
    expect([refused.statusCode, refused.headers.connection]).toEqual([413, 'keep-alive']);
    expect([200, 400]).toContain((await send(Buffer.from('{"body": "b"}'))).statusCode);
  },
);

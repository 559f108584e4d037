import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RoomId } from '../../src/matrix/ids.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';
import type { Answer, CallOptions } from './parts/call.ts';
import { rawRequest } from './parts/raw-request.ts';
import { type RunningGateway, sourceToken, startGateway } from './parts/start-gateway.ts';

const json = { 'content-type': 'application/json' };
const utf8 = (text: string) => ({ body: text, headers: json });
const bytes = (...values: number[]) => ({ body: Uint8Array.from(values), headers: json });
const megabyte = 2 ** 20;

type Told = Pick<Answer, 'status' | 'text'>;

let homeserver: FakeHomeserver;
let ops: RoomId;
let secret: RoomId;
let gateway: RunningGateway;
/** What the room must hold in the end, in order. */
const expected: string[] = [];
/** Begins with the suite and takes longer than all the rest of it. */
let slow: Promise<Told[]>;

beforeAll(async () => {
  homeserver = await startFakeHomeserver();
  const { userId, accessToken } = homeserver.createUser('bot');
  ops = homeserver.createRoom({ creator: userId });
  secret = homeserver.createRoom({ creator: userId });
  gateway = await startGateway({
    accounts: {
      main: { user_id: userId, homeserver: homeserver.baseUrl, access_token: accessToken },
    },
    rooms: { ops, secret },
    sources: { scripts: { token: sourceToken, room: 'ops' } },
  });
  const half = 'content-length: 100\r\n\r\n{"body":"';
  slow = Promise.all([
    rawRequest(gateway.url, head('POST', '/hooks/scripts') + half),
    rawRequest(gateway.url, head('PUT', facadePath()) + half),
    rawRequest(gateway.url, 'POST /hooks/scripts HTTP/1.1\r\nhost: x\r\nx-slow: '),
  ]);
  // The last test awaits it; until then a failure must not end the run.
  slow.catch(() => undefined);
});

afterAll(async () => {
  await gateway[Symbol.asyncDispose]();
  await homeserver.stop();
});

function head(method: string, path: string): string {
  return `${method} ${path} HTTP/1.1\r\nhost: x\r\nauthorization: Bearer ${sourceToken}\r\n`;
}

function facadePath(room: string = ops): string {
  return `/_matrix/client/v3/rooms/${room}/send/m.room.message/txn-${expected.length}`;
}

const doors = {
  v1: async (options: CallOptions) => await gateway.call('POST', '/v1/notifications', options),
  hook: async (options: CallOptions) => await gateway.call('POST', '/hooks/scripts', options),
  facade: async (options: CallOptions) => await gateway.call('PUT', facadePath(), options),
} as const;
type Door = keyof typeof doors;

/** A good message through a door; it must arrive. */
async function sendGood(door: Door): Promise<void> {
  const mark = `good ${expected.length}`;
  expected.push(mark);
  const body = door === 'facade' ? { msgtype: 'm.text', body: mark } : { body: mark };
  expect((await doors[door]({ body })).status).toBeLessThan(300);
}

/** Tries what is bad while neighbours are sent before, beside and after it. */
async function tryBeside<Result>(door: Door, bad: () => Promise<Result>): Promise<Result> {
  await sendGood(door);
  const [result] = await Promise.all([bad(), sendGood(door)]);
  await sendGood(door);
  return result;
}

/** What is the matter, where, and what to do about it. */
function expectTold(answer: Told, status: number, ...words: readonly string[]): void {
  expect(answer.status, answer.text).toBe(status);
  for (const word of words) expect(answer.text).toContain(word);
  // One clear error: neither a page nor a stack.
  expect(answer.text.length).toBeLessThan(1000);
  expect(answer.text).not.toMatch(/<html|\bat .*:\d+:\d+/);
}

const noToken = [
  ['v1', 'no source has', 'Authorization: Bearer'],
  ['hook', 'no source has', 'Authorization: Bearer'],
  ['facade', 'M_UNKNOWN_TOKEN', 'No source of this gateway has this token'],
] as const;

it.each(noToken)('a wrong token at %s is said to be one', async (door, ...words) => {
  const answer = await tryBeside(door, async () => {
    return await doors[door]({ token: 'of-somebody-else', body: { body: 'x' } });
  });
  expectTold(answer, 401, ...words);
  expect(answer.text).not.toContain('of-somebody-else');
});

it('a room that is not configured is named', async () => {
  const body = { room: 'nowhere', body: 'x' };
  const native = await tryBeside('v1', async () => await doors.v1({ body }));
  expectTold(native, 404, 'No room \\"nowhere\\" is configured');
  const hook = await tryBeside('hook', async () => {
    return await gateway.call('POST', '/hooks/scripts/nowhere', { body: 'x' });
  });
  expectTold(hook, 404, 'No room "nowhere" is configured');
  const facade = await tryBeside('facade', async () => {
    return await gateway.call('PUT', facadePath('!nowhere:hs.test'), { body });
  });
  expectTold(facade, 403, 'M_FORBIDDEN', 'is not in that room', 'configuration');
});

it('a room outside `allow` is named, and how to allow it', async () => {
  const body = { room: 'secret', body: 'x' };
  const native = await tryBeside('v1', async () => await doors.v1({ body }));
  expectTold(native, 403, 'may not send to \\"secret\\"', '`allow`');
  const hook = await tryBeside('hook', async () => {
    return await gateway.call('POST', '/hooks/scripts/secret', { body: 'x' });
  });
  expectTold(hook, 403, 'may not send to "secret"', '`allow`');
  const facade = await tryBeside('facade', async () => {
    return await gateway.call('PUT', facadePath(secret), {
      body: { msgtype: 'm.text', body: 'x' },
    });
  });
  expectTold(facade, 403, 'M_FORBIDDEN', 'is not in that room');
});

const refused: readonly (readonly [string, CallOptions, number, string, string])[] = [
  ['10 MB', { body: 'x'.repeat(10 * megabyte) }, 413, '1048576 bytes', 'limits.body'],
  ['broken JSON', utf8('{"msgtype":"m.text",\n "body": "x'), 400, 'line 2, column 12', 'ody'],
  ['JSON with a comma too many', utf8('{"body":"x",}'), 400, 'line 1, column 13', 'ody'],
  ['invalid UTF-8', bytes(0x7b, 0x22, 0xff, 0xfe, 0x22, 0x7d), 400, 'byte 2', 'send UTF-8'],
  ['a raw NUL in JSON', utf8('{"body":"a\0b"}'), 400, 'line 1, column 11', 'must be escaped'],
  [
    'gzip',
    { body: gzipSync('{"body":"x"}'), headers: { ...json, 'content-encoding': 'gzip' } },
    400,
    'Content-Encoding is not supported',
    'uncompressed',
  ],
  [
    'gzip that is none',
    { body: 'not gzip', headers: { 'content-encoding': 'gzip' } },
    400,
    'Content-Encoding is not supported',
    'uncompressed',
  ],
];

it.each(
  refused.flatMap((row) =>
    (['v1', 'hook', 'facade'] as const).map((door) => [door, ...row] as const),
  ),
)('%s says what is wrong with %s', async (door, _, options, status, ...words) => {
  const answer = await tryBeside(door, async () => await doors[door](options));
  expectTold(answer, status, ...words);
});

const unspeakable = [
  ['chunked nonsense', 'transfer-encoding: chunked\r\n\r\nzz\r\nhello\r\n', 400, 'HTTP/1.1'],
  [
    'a length and chunks at once',
    'content-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
    400,
    'HTTP/1.1',
  ],
  ['headers too large', `x-large: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'may have 16384 bytes'],
] as const;

it.each(unspeakable)('%s gets one answer that says so', async (_, rest, status, words) => {
  for (const [door, start] of [
    ['v1', head('POST', '/v1/notifications')],
    ['hook', head('POST', '/hooks/scripts')],
    ['facade', head('PUT', facadePath())],
  ] as const) {
    const answer = await tryBeside(door, async () => await rawRequest(gateway.url, start + rest));
    expectTold(answer, status, words, 'remedy', 'errcode');
  }
});

const repaired = [
  ['a lone surrogate', '{"body":"a \\ud800 b"}', 'a \ufffd b'],
  ['half of a pair at the end', '{"body":"a \\ud83d"}', 'a \ufffd'],
  ['an escaped NUL', '{"body":"a\\u0000b"}', 'ab'],
  ['an escape sequence for terminals', '{"body":"a\\u001b[31mb"}', 'ab'],
] as const;

it.each(repaired)('%s is mended, and the message arrives', async (_, body, arrives) => {
  for (const door of ['v1', 'hook'] as const) {
    await sendGood(door);
    expect((await doors[door]({ body, headers: json })).status).toBeLessThan(300);
    expected.push(arrives);
    await sendGood(door);
  }
});

it('what passes the façade unchanged is mended only where no homeserver would take it', async () => {
  const body = '{"msgtype":"m.text","body":"a \\ud800 b"}';
  await sendGood('facade');
  expect((await doors.facade({ body, headers: json })).status).toBe(200);
  expected.push('a \ufffd b');
  const number = { msgtype: 'm.text', body: 'x', number: 1.5 };
  const answer = await tryBeside('facade', async () => await doors.facade({ body: number }));
  expectTold(answer, 400, 'M_BAD_JSON', 'integers');
});

it('all mistakes of a notification are named at once, each with its place', async () => {
  const body = { body: 'x', severity: 'awful', colour: 'red', link: 'javascript:alert(1)' };
  const answer = await tryBeside('v1', async () => await doors.v1({ body }));
  expectTold(answer, 400, '/severity', '/colour', '/link');
});

it('who sends too slowly is told, and held up nobody', async () => {
  const told = await slow;
  for (const answer of told) expectTold(answer, 408, 'must arrive within', 'remedy');
});

it('every neighbour arrived, once and in order, and nothing else did', async () => {
  await gateway.settled();
  const bodies = homeserver.messages(ops).map(({ content }) => content['body']);
  expect(bodies).toEqual(expected);
  expect(homeserver.messages(secret)).toEqual([]);
  expect(gateway.log.of('incident')).toEqual([]);
});

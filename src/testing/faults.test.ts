import { expect, it } from 'vitest';
import type { RoomId } from '../matrix/ids.ts';
import { type FakeHomeserver, type FakeUser, startFakeHomeserver } from './fake-homeserver.ts';
import type { FaultBehaviour } from './homeserver/faults.ts';
import { ManualClock } from './manual-clock.ts';

interface Scene extends AsyncDisposable {
  readonly homeserver: FakeHomeserver;
  readonly bot: FakeUser;
  readonly roomId: RoomId;
  readonly send: (txnId: string, signal?: AbortSignal) => Promise<Response>;
}

async function open(options: Parameters<typeof startFakeHomeserver>[0] = {}): Promise<Scene> {
  const homeserver = await startFakeHomeserver(options);
  const bot = homeserver.createUser('bot');
  const roomId = homeserver.createRoom({ creator: bot.userId });
  const path = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/send/m.room.message/`;
  const headers = {
    authorization: `Bearer ${bot.accessToken}`,
    'content-type': 'application/json',
  };
  return {
    homeserver,
    bot,
    roomId,
    send: (txnId, signal) =>
      fetch(homeserver.baseUrl + path + txnId, {
        method: 'PUT',
        headers,
        body: JSON.stringify({ msgtype: 'm.text', body: txnId }),
        ...(signal === undefined ? {} : { signal }),
      }),
    [Symbol.asyncDispose]: () => homeserver.stop(),
  };
}

it.each<[string, FaultBehaviour, string | null, unknown]>([
  ['seconds and body', { kind: 'rate-limited', retryAfterMs: 1500 }, '2', 1500],
  ['seconds alone', { kind: 'rate-limited', retryAfterMs: 1500, body: false }, '2', undefined],
  ['body alone', { kind: 'rate-limited', retryAfterMs: 1500, header: 'none' }, null, 1500],
  ['neither', { kind: 'rate-limited', header: 'none', body: false }, null, undefined],
  [
    'a date',
    { kind: 'rate-limited', retryAfterMs: 60_000, header: 'date' },
    'Thu, 01 Jan 2026 00:01:00 GMT',
    60_000,
  ],
])('a rate limit may be told by %s', async (_case, behaviour, header, retryAfterMs) => {
  await using scene = await open({ clock: new ManualClock() });
  scene.homeserver.fault('sendMessage', behaviour, { times: 1 });
  const response = await scene.send('1');
  expect(response.status).toBe(429);
  expect(response.headers.get('retry-after')).toBe(header);
  const body = (await response.json()) as Record<string, unknown>;
  expect(body).toMatchObject({ errcode: 'M_LIMIT_EXCEEDED' });
  expect(body['retry_after_ms']).toBe(retryAfterMs);
  expect(scene.homeserver.messages(scene.roomId)).toEqual([]);
});

it('a status and a page of a proxy have no effect on the room', async () => {
  await using scene = await open();
  scene.homeserver.fault('*', { kind: 'status', status: 503, errcode: 'M_GHOST' }, { times: 1 });
  scene.homeserver.fault('*', { kind: 'html' }, { times: 1 });
  const [status, page] = [await scene.send('1'), await scene.send('1')];
  expect(status.status).toBe(503);
  expect(await status.json()).toMatchObject({ errcode: 'M_GHOST' });
  expect(page.status).toBe(502);
  expect(page.headers.get('content-type')).toBe('text/html');
  expect(scene.homeserver.messages(scene.roomId)).toEqual([]);
});

it.each<[string, FaultBehaviour, number]>([
  ['drop-answer', { kind: 'drop-answer' }, 1],
  ['cut-answer', { kind: 'cut-answer' }, 1],
  ['drop-request', { kind: 'drop-request' }, 0],
])('%s breaks the connection; a repeat makes one event', async (_kind, behaviour, before) => {
  await using scene = await open();
  const fault = scene.homeserver.fault('sendMessage', behaviour, { times: 1 });
  await expect(scene.send('1').then((response) => response.text())).rejects.toThrow();
  expect(scene.homeserver.messages(scene.roomId)).toHaveLength(before);
  expect((await scene.send('1')).status).toBe(200);
  expect(scene.homeserver.messages(scene.roomId)).toHaveLength(1);
  expect(fault.hits).toBe(1);
});

it.each([
  [false, 0],
  [true, 1],
])('a stall answers nothing (processed: %s)', async (processed, events) => {
  await using scene = await open();
  using _fault = scene.homeserver.fault('sendMessage', { kind: 'stall', processed });
  const controller = new AbortController();
  const sending = scene.send('1', controller.signal);
  await expect.poll(() => scene.homeserver.requests.length).toBe(1);
  expect(scene.homeserver.requests[0]).toMatchObject({ fault: 'stall', status: undefined });
  controller.abort();
  await expect(sending).rejects.toThrow();
  expect(scene.homeserver.messages(scene.roomId)).toHaveLength(events);
});

it('a slow answer has its effect at once', async () => {
  const clock = new ManualClock();
  await using scene = await open({ clock });
  scene.homeserver.fault('sendMessage', { kind: 'slow', delayMs: 5000 });
  const sending = scene.send('1');
  await scene.homeserver.whenMessages(scene.roomId, 1);
  await expect.poll(() => clock.waiting).toBe(1);
  clock.advance(5000);
  expect((await sending).status).toBe(200);
});

it('a fault strikes as often, as long and as likely as it is told', async () => {
  await using scene = await open();
  let over = false;
  scene.homeserver.fault('sendMessage', { kind: 'html' }, { until: () => over });
  expect((await scene.send('1')).status).toBe(502);
  over = true;
  expect((await scene.send('1')).status).toBe(200);
  const fault = scene.homeserver.fault(
    ({ param }) => param('txnId').startsWith('x'),
    { kind: 'html' },
    { probability: 0.5 },
  );
  for (let i = 0; i < 100; i++) await scene.send(`x${i}`);
  expect(fault.hits).toBeGreaterThan(25);
  expect(fault.hits).toBeLessThan(75);
  const { hits } = fault;
  fault.remove();
  for (let i = 0; i < 20; i++) expect((await scene.send(`x${i}`)).status).toBe(200);
  expect(fault.hits).toBe(hits);
});

it('while it is away the port refuses; it comes back on the same one with all it knew', async () => {
  await using scene = await open();
  const { baseUrl } = scene.homeserver;
  const first = await (await scene.send('1')).json();
  await scene.homeserver.goAway();
  await expect(scene.send('1')).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } });
  await scene.homeserver.comeBack();
  expect(scene.homeserver.baseUrl).toBe(baseUrl);
  expect(await (await scene.send('1')).json()).toEqual(first);
});

it('a body that Synapse would not read to its end breaks the connection', async () => {
  await using scene = await open({ uploadBytesMax: 1000 });
  const upload = (bytes: number) =>
    fetch(`${scene.homeserver.baseUrl}/_matrix/media/v3/upload`, {
      method: 'POST',
      headers: { authorization: `Bearer ${scene.bot.accessToken}` },
      body: new Uint8Array(bytes),
    });
  expect((await upload(1001)).status).toBe(413);
  await expect(upload(13_200_000)).rejects.toThrow();
  expect((await upload(1000)).status).toBe(200);
});

it('the user’s own rate is limited as Synapse does it, and what is remembered is answered all the same', async () => {
  const clock = new ManualClock();
  await using scene = await open({ clock });
  scene.homeserver.rateLimit({ perSecond: 0.2, burst: 2 });
  const first = await (await scene.send('1')).json();
  expect((await scene.send('2')).status).toBe(200);
  clock.advance(1000);
  const limited = await scene.send('3');
  expect(limited.status).toBe(429);
  expect(limited.headers.get('retry-after')).toBe('4');
  expect(await limited.json()).toMatchObject({ retry_after_ms: 4000 });
  expect(await (await scene.send('1')).json()).toEqual(first);
  clock.advance(4000);
  expect((await scene.send('3')).status).toBe(200);
  expect((await scene.send('4')).status).toBe(429);
  scene.homeserver.rateLimit(undefined);
  expect((await scene.send('4')).status).toBe(200);
});

it.each<[string, FaultBehaviour]>([
  ['the answer is lost', { kind: 'drop-answer' }],
  ['a 500 hides what was done', { kind: 'status', status: 500, processed: true }],
])('a homeserver may die after so many calls: %s', async (_case, behaviour) => {
  await using scene = await open();
  const fault = scene.homeserver.fault('sendMessage', behaviour, { after: 2, times: 1 });
  const statuses: (number | undefined)[] = [];
  for (const txnId of ['1', '2', '3', '4']) {
    const answer = await scene.send(txnId).catch(() => undefined);
    statuses.push(answer?.status);
  }
  expect(statuses).toEqual([200, 200, behaviour.kind === 'status' ? 500 : undefined, 200]);
  expect(scene.homeserver.messages(scene.roomId)).toHaveLength(4);
  expect(fault.hits).toBe(1);
});

it('a fault may meet the calls for keys and the sync as any other', async () => {
  await using scene = await open();
  scene.homeserver.fault('claimKeys', { kind: 'status', status: 500 }, { times: 1 });
  scene.homeserver.fault('sync', { kind: 'stall' }, { times: 1 });
  const headers = { authorization: `Bearer ${scene.bot.accessToken}` };
  const claim = () =>
    fetch(`${scene.homeserver.baseUrl}/_matrix/client/v3/keys/claim`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ one_time_keys: {} }),
    });
  expect([(await claim()).status, (await claim()).status]).toEqual([500, 200]);
  const controller = new AbortController();
  const { signal } = controller;
  const path = `${scene.homeserver.baseUrl}/_matrix/client/v3/sync`;
  const syncing = fetch(path, { headers, signal });
  await expect.poll(() => scene.homeserver.requests.at(-1)?.fault).toBe('stall');
  controller.abort();
  await expect(syncing).rejects.toThrow();
});

import { describe, expect, it } from 'vitest';
import { openTestGateway, opsRoomId, testSettings, testSource } from '../test-gateway.contract.ts';

const url = '/v1/notifications';
const authorization = 'Bearer cluster-token';
const json = { authorization, 'content-type': 'application/json' };

const open = () => openTestGateway(testSettings([testSource('cluster'), testSource('other')]));

describe('POST /v1/notifications', () => {
  it('answers 202 with the ids once it is on disk', async () => {
    await using test = await open();
    const reply = await test.inject({
      method: 'POST',
      url,
      headers: json,
      payload: { title: 'Disk', body: 'full', room: ['ops', '#deploys:example.org'] },
    });
    expect(reply.statusCode).toBe(202);
    const { id, state, entries } = reply.json();
    expect(state).toBe('queued');
    expect(entries).toEqual([
      { id: `${id}-1`, room: 'ops', state: 'queued' },
      { id: `${id}-2`, room: 'deploys', state: 'queued' },
    ]);
    expect(reply.headers['location']).toBe(`/v1/notifications/${id}`);
    const [first] = await test.contents();
    expect(first).toMatchObject({
      room: '#ops:example.org',
      type: 'm.room.message',
      content: { msgtype: 'm.text', 'm.mentions': {} },
    });
    expect(test.arrivals).toMatchObject([
      { source: 'cluster', format: 'native', result: 'accepted' },
    ]);
  });

  it('takes plain text as curl -d sends it', async () => {
    await using test = await open();
    const reply = await test.inject({
      method: 'POST',
      url,
      headers: { authorization, 'content-type': 'application/x-www-form-urlencoded' },
      payload: 'disk full',
    });
    expect(reply.statusCode).toBe(202);
    expect((await test.contents())[0]?.content['body']).toBe('disk full');
  });

  it.each([
    ['Bearer', { headers: { authorization } }],
    [
      'Basic with the token as the password',
      { headers: { authorization: basic('x', 'cluster-token') } },
    ],
    [
      'Basic with the token as the user',
      { headers: { authorization: basic('cluster-token', '') } },
    ],
    ['?access_token=', { query: { access_token: 'cluster-token' } }],
    ['?token=', { query: { token: 'cluster-token' } }],
  ])('takes the token as %s', async (_form, shown) => {
    await using test = await open();
    const reply = await test.inject({ method: 'POST', url, payload: 'hello', ...shown });
    expect(reply.statusCode).toBe(202);
  });

  it.each([
    ['no token', {}],
    ['an unknown token', { authorization: 'Bearer wrong' }],
    ['an empty token', { authorization: 'Bearer ' }],
    ["an operator's token, as operators send nothing", { authorization: 'Bearer admin-token' }],
  ])('refuses %s with 401', async (_what, headers) => {
    await using test = await open();
    const reply = await test.inject({ method: 'POST', url, payload: 'hello', headers });
    expect(reply.statusCode).toBe(401);
    expect(reply.headers['content-type']).toContain('application/problem+json');
    expect(reply.headers['www-authenticate']).toBe('Bearer');
    expect(reply.json()).toMatchObject({ status: 401, code: 'unauthorized' });
    expect(await test.contents()).toEqual([]);
  });

  it('refuses a room outside the list with 403 and one that is not configured with 404, by name', async () => {
    await using test = await open();
    const send = (room: string) =>
      test.inject({ method: 'POST', url, headers: json, payload: { body: 'x', room } });
    const forbidden = await send('secret');
    expect(forbidden.statusCode).toBe(403);
    expect(forbidden.json()).toMatchObject({ code: 'room_not_allowed' });
    expect(forbidden.json().detail).toContain('secret');
    const unknown = await send('#nowhere:example.org');
    expect(unknown.statusCode).toBe(404);
    expect(unknown.json().detail).toContain('#nowhere:example.org');
    expect(test.arrivals).toMatchObject([
      { source: 'cluster', format: 'native', result: 'refused', code: 'room_not_allowed' },
      { source: 'cluster', result: 'refused', code: 'not_found' },
    ]);
  });

  it('asks for a room when neither the call nor the source has one', async () => {
    const rules = { defaultRooms: [], allowed: ['ops'], origins: {} };
    await using test = await openTestGateway(testSettings([testSource('cluster', { rules })]));
    const reply = await test.inject({ method: 'POST', url, headers: json, payload: { body: 'x' } });
    expect(reply.statusCode).toBe(400);
    expect(reply.json().problems).toEqual([{ place: 'room', message: expect.any(String) }]);
  });

  it('finds a room by its id of version 12, mangled or not, and by origin', async () => {
    const rules = { defaultRooms: ['deploys'], allowed: ['ops'], origins: { backup: 'ops' } };
    await using test = await openTestGateway(testSettings([testSource('cluster', { rules })]));
    const calls = [{ room: opsRoomId }, { room: `${opsRoomId}:gateway` }, { origin: 'backup' }, {}];
    for (const call of calls) {
      const payload = { body: 'x', ...call };
      await test.inject({ method: 'POST', url, headers: json, payload });
    }
    const rooms = (await test.contents()).map(({ room }) => room);
    expect(rooms).toEqual([
      '#ops:example.org',
      '#ops:example.org',
      '#ops:example.org',
      '#deploys:example.org',
    ]);
  });

  it('reports every mistake at once, each with its place', async () => {
    await using test = await open();
    const reply = await test.inject({
      method: 'POST',
      url,
      headers: json,
      payload: { body: 5, severity: 'loud', colour: 'red' },
    });
    expect(reply.statusCode).toBe(400);
    const places = reply.json().problems.map(({ place }: { place: string }) => place);
    expect(places).toEqual(expect.arrayContaining(['/body', '/severity', '/colour']));
  });

  it('takes the same key with the same body once, and refuses another body with 422', async () => {
    await using test = await open();
    const send = (payload: string, key = 'k1', token = 'cluster-token') =>
      test.inject({
        method: 'POST',
        url,
        headers: { authorization: `Bearer ${token}`, 'idempotency-key': key },
        payload,
      });
    const first = await send('one');
    const again = await send('one');
    expect(again.statusCode).toBe(202);
    expect(again.json()).toEqual(first.json());
    const conflict = await send('two');
    expect(conflict.statusCode).toBe(422);
    expect(conflict.json().code).toBe('idempotency_conflict');
    expect((await send('two', 'k1', 'other-token')).statusCode).toBe(202);
    expect((await send('x', 'k'.repeat(256))).statusCode).toBe(400);
    expect(await test.contents()).toHaveLength(2);
  });

  it('takes the same bytes within the window of the source once', async () => {
    const source = testSource('cluster', { dedupeWindowMs: 60_000 });
    await using test = await openTestGateway(testSettings([source]));
    const send = (payload: string) =>
      test.inject({ method: 'POST', url, headers: { authorization }, payload });
    await send('one');
    await send('two');
    await send('one');
    expect(await test.contents()).toHaveLength(2);
  });

  it('waits for delivery when asked, and gives the event id', async () => {
    await using test = await open();
    const arrived = test.nextArrival();
    const pending = test.inject({
      method: 'POST',
      url: `${url}?wait=5s`,
      headers: { authorization },
      payload: 'hello',
    });
    await arrived;
    const [entryId] = await test.deliver();
    const reply = await pending;
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toMatchObject({
      state: 'delivered',
      event_id: `$event-of-${entryId}`,
      entries: [{ id: entryId, event_id: `$event-of-${entryId}` }],
    });
  });

  it('answers 202 when the wait is over, and says why when it is dead', async () => {
    await using test = await open();
    const send = async () => {
      const arrived = test.nextArrival();
      const reply = test.inject({
        method: 'POST',
        url: `${url}?wait=5s`,
        headers: { authorization },
        payload: 'hello',
      });
      await arrived;
      return { reply };
    };
    const slow = await send();
    await expect.poll(() => test.clock.waiting).toBe(1);
    test.clock.advance(5000);
    expect((await slow.reply).statusCode).toBe(202);
    const dead = await send();
    await test.deliver((seq) => ({ seq, state: 'dead', reason: 'refused', error: '403', at: 1 }));
    expect((await dead.reply).statusCode).toBe(202);
    expect((await dead.reply).json()).toMatchObject({
      state: 'dead',
      entries: [{ reason: 'refused' }],
    });
    const wrong = await test.inject({
      method: 'POST',
      url: `${url}?wait=soon`,
      headers: { authorization },
      payload: 'hello',
    });
    expect(wrong.statusCode).toBe(400);
  });

  it('sends a text that is too long for an event along as a file, in the same lane', async () => {
    await using test = await open();
    const line = 'all work and no play makes Jack a dull boy\n';
    const reply = await test.inject({
      method: 'POST',
      url,
      headers: json,
      payload: { body: line.repeat(1600) },
    });
    expect(reply.json().entries).toHaveLength(2);
    const [cut, file] = await test.contents();
    expect(String(cut?.content['body'])).toContain('… cut:');
    expect(file?.content).toMatchObject({ msgtype: 'm.file', filename: 'message.txt' });
  });

  it('answers 503 with Retry-After above the rate of the source', async () => {
    const source = testSource('cluster', { rate: { count: 2, intervalMs: 10_000 } });
    await using test = await openTestGateway(testSettings([source]));
    const send = () =>
      test.inject({ method: 'POST', url, headers: { authorization }, payload: 'x' });
    expect((await send()).statusCode).toBe(202);
    expect((await send()).statusCode).toBe(202);
    const limited = await send();
    expect(limited.statusCode).toBe(503);
    expect(limited.headers['retry-after']).toBe('5');
    expect(limited.json().code).toBe('rate_limited');
    test.clock.advance(5000);
    expect((await send()).statusCode).toBe(202);
    expect(test.arrivals.map(({ result }) => result)).toEqual([
      'accepted',
      'accepted',
      'deferred',
      'accepted',
    ]);
  });

  it('refuses a source that is held to another format', async () => {
    const source = testSource('cluster', { format: 'alertmanager' });
    await using test = await openTestGateway(testSettings([source]));
    const reply = await test.inject({
      method: 'POST',
      url,
      headers: { authorization },
      payload: 'x',
    });
    expect(reply.statusCode).toBe(400);
    expect(reply.json().detail).toContain('alertmanager');
  });
});

function basic(user: string, password: string): string {
  return `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
}

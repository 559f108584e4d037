import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import {
  openTestGateway,
  type TestGateway,
  testSettings,
  testSource,
} from '../test-gateway.contract.ts';

const open = () =>
  openTestGateway(
    testSettings([
      testSource('cluster'),
      testSource('other'),
      testSource('open', { auth: 'none' }),
      testSource('router', { format: 'matrix' }),
      testSource('am', { format: 'alertmanager' }),
    ]),
  );

const authorization = 'Bearer cluster-token';

function alertGroup(status: 'firing' | 'resolved' = 'firing') {
  return {
    version: '4',
    groupKey: '{}:{alertname="InstanceDown"}',
    truncatedAlerts: 0,
    receiver: 'matrix',
    status,
    groupLabels: { alertname: 'InstanceDown' },
    commonLabels: { alertname: 'InstanceDown', severity: 'critical' },
    commonAnnotations: {},
    externalURL: 'http://am:9093',
    alerts: [
      {
        status,
        labels: { alertname: 'InstanceDown', instance: 'a' },
        annotations: { summary: 'a is down' },
        startsAt: '2026-06-23T11:53:14.318Z',
        endsAt: '0001-01-01T00:00:00Z',
        generatorURL: 'http://prom:9090/graph',
        fingerprint: '9cd7837114d58797',
      },
    ],
  };
}

describe('/hooks/{source}', () => {
  it('takes an Alertmanager group as one message, answers 200, and takes its repeat once', async () => {
    await using test = await open();
    const send = (payload: object, url = '/hooks/cluster') =>
      test.inject({ method: 'POST', url, headers: { authorization }, payload });
    const reply = await send(alertGroup());
    expect(reply.statusCode).toBe(200);
    expect(reply.json().id).toMatch(/^[0-9A-Z]{26}$/);
    expect((await send(alertGroup())).json()).toEqual(reply.json());
    expect(await test.contents()).toHaveLength(1);
    await send(alertGroup('resolved'));
    expect(await test.contents()).toHaveLength(2);
    await send(alertGroup(), '/hooks/cluster/deploys');
    expect((await test.contents()).map(({ room }) => room)).toEqual([
      '#ops:example.org',
      '#ops:example.org',
      '#deploys:example.org',
    ]);
    expect(test.arrivals.map(({ format, result }) => [format, result])).toEqual([
      ['alertmanager', 'accepted'],
      ['alertmanager', 'duplicate'],
      ['alertmanager', 'accepted'],
      ['alertmanager', 'accepted'],
    ]);
  });

  it('takes any JSON, a form, plain text and a query', async () => {
    await using test = await open();
    const headers = { authorization };
    const form = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
    const url = '/hooks/cluster';
    await test.inject({ method: 'POST', url, headers, payload: { title: 'T', message: 'json' } });
    await test.inject({ method: 'PUT', url, headers: form, payload: 'message=form&title=T' });
    await test.inject({ method: 'POST', url, headers, payload: 'text' });
    await test.inject({ method: 'GET', url: `${url}?message=query&token=cluster-token` });
    const bodies = (await test.contents()).map(({ content }) => String(content['body']));
    expect(bodies).toEqual([
      expect.stringContaining('json'),
      expect.stringContaining('form'),
      'text',
      'query',
    ]);
    expect(JSON.stringify(await test.contents())).not.toContain('cluster-token');
  });

  it('takes whatever a request calls its content', async () => {
    await using test = await open();
    for (const type of ['', 'json', 'text/plain; charset', 'x/y/z', '"']) {
      const headers = { authorization, 'content-type': type };
      const reply = await test.inject({
        method: 'POST',
        url: '/hooks/cluster',
        headers,
        payload: 'hello',
      });
      expect([type, reply.statusCode]).toEqual([type, 200]);
    }
  });

  it('needs no token where the source says so, and only there', async () => {
    await using test = await open();
    const send = (url: string, headers = {}) =>
      test.inject({ method: 'POST', url, headers, payload: 'hello' });
    expect((await send('/hooks/open')).statusCode).toBe(200);
    expect((await send('/hooks/cluster')).statusCode).toBe(401);
    expect((await send('/hooks/nobody')).statusCode).toBe(401);
    expect((await send('/hooks/other', { authorization })).statusCode).toBe(401);
    expect((await send('/hooks/cluster', { authorization: 'Bearer admin-token' })).statusCode).toBe(
      401,
    );
    expect(test.arrivals.at(-1)).toMatchObject({ source: undefined, result: 'refused' });
  });

  it('refuses in short plain words', async () => {
    await using test = await open();
    const reply = await test.inject({
      method: 'POST',
      url: '/hooks/cluster/secret',
      headers: { authorization },
      payload: 'hello',
    });
    expect(reply.statusCode).toBe(403);
    expect(reply.headers['content-type']).toContain('text/plain');
    expect(reply.body).toContain('may not send to "secret"');
    const broken = await test.inject({
      method: 'POST',
      url: '/hooks/cluster',
      headers: { authorization, 'content-type': 'application/json' },
      payload: '{"a": 1,, }',
    });
    expect(broken.statusCode).toBe(400);
    expect(broken.body).toMatch(/line 1/);
  });

  it('finds a room by alias or id, raw or encoded', async () => {
    await using test = await open();
    const rooms = ['deploys', '%23deploys%3Aexample.org', '#deploys:example.org'];
    for (const room of rooms) {
      const reply = await test.inject({
        method: 'POST',
        url: `/hooks/cluster/${room}`,
        headers: { authorization },
        payload: 'hello',
      });
      expect([room, reply.statusCode]).toEqual([room, 200]);
    }
    expect(await test.contents()).toHaveLength(rooms.length);
  });

  const hook = (test: TestGateway, url: string, more: InjectOptions = {}) =>
    test.inject({
      method: 'POST',
      url: `/hooks/cluster${url}`,
      headers: { authorization },
      ...more,
    });
  const rowOfRoom = (name: string) => expect.stringContaining(`room: ${name}`);

  it.each([
    ['the query', '?room=deploys', 'hello'],
    ['an alias in the query', `?room=${encodeURIComponent('#deploys:example.org')}`, 'hello'],
    ['path and query alike', '/deploys?room=%23deploys:example.org', 'hello'],
    ['a form', '', 'message=hello&room=deploys'],
    ['JSON', '', '{"message":"hello","room":"deploys"}'],
    ['JSON, as the path does', '/deploys', '{"message":"hello","room":"deploys"}'],
  ])('goes to the room that is named in %s', async (_where, url, payload) => {
    await using test = await open();
    expect((await hook(test, url, { payload })).statusCode).toBe(200);
    const [entry, ...others] = await test.contents();
    expect(others).toEqual([]);
    expect(entry).toMatchObject({ room: '#deploys:example.org', content: { body: 'hello' } });
  });

  it('goes to several rooms, and of an Alertmanager to those of the query', async () => {
    await using test = await open();
    for (const url of ['?room=ops,deploys', '?room=ops&Room=deploys', '?room=deploys&room=']) {
      expect([url, (await hook(test, url, { payload: alertGroup() })).statusCode]).toEqual([
        url,
        200,
      ]);
    }
    expect((await test.contents()).map(({ room }) => room)).toEqual([
      '#ops:example.org',
      '#deploys:example.org',
      '#deploys:example.org',
    ]);
  });

  it('goes to all rooms that a form names', async () => {
    await using test = await open();
    const headers = { authorization, 'content-type': 'application/x-www-form-urlencoded' };
    await hook(test, '', { headers, payload: 'room=deploys&body=hello&room=ops' });
    expect((await test.contents()).map(({ room }) => room).sort()).toEqual([
      '#deploys:example.org',
      '#ops:example.org',
    ]);
  });

  it.each([
    ['an unknown room in the query', '?room=opss', 'hello', 404],
    ['a part of the query', '?room=ops,opss', 'hello', 404],
    ['a room in the query that is not for the source', '?room=secret', 'hello', 403],
    [
      'an id in JSON that is not for the source',
      '',
      '{"message":"m","room":"!secret:example.org"}',
      403,
    ],
    ['another room in the query than in the path', '/ops?room=deploys', 'hello', 400],
    ['one more in the query than in the path', '/ops?room=ops,deploys', 'hello', 400],
  ])('refuses %s', async (_what, url, payload, status) => {
    await using test = await open();
    expect((await hook(test, url, { payload })).statusCode).toBe(status);
    expect(await test.contents()).toEqual([]);
  });

  it('shows what a payload calls a room and is none, none of the source, or another than the URL names', async () => {
    await using test = await open();
    await hook(test, '', { payload: { message: 'hot', room: 'kitchen' } });
    await hook(test, '', { payload: { message: 'hot', room: 'secret' } });
    await hook(test, '/ops', { payload: { message: 'hot', room: 'deploys' } });
    expect(await test.contents()).toMatchObject([
      { room: '#ops:example.org', content: { body: rowOfRoom('kitchen') } },
      { room: '#ops:example.org', content: { body: rowOfRoom('secret') } },
      { room: '#ops:example.org', content: { body: rowOfRoom('deploys') } },
    ]);
  });

  it('reads the body of a GET as what it is, whatever it is called', async () => {
    await using test = await open();
    const headers = { authorization, 'content-type': 'application/json' };
    const get = (payload: string, url = '') => hook(test, url, { method: 'GET', headers, payload });
    expect((await get('Application guestbook has been synced.')).statusCode).toBe(200);
    expect((await get('{"title":"T"}', '?room=deploys')).statusCode).toBe(200);
    expect(await test.contents()).toMatchObject([
      { room: '#ops:example.org', content: { body: 'Application guestbook has been synced.' } },
      { room: '#deploys:example.org', content: { body: 'T' } },
    ]);
    expect((await get('')).statusCode).toBe(400);
    expect((await get('x'.repeat(2_000_000))).statusCode).toBe(413);
  });

  it('holds a source to its format', async () => {
    await using test = await open();
    const send = (source: string) =>
      test.inject({
        method: 'POST',
        url: `/hooks/${source}`,
        headers: { authorization: `Bearer ${source}-token` },
        payload: 'hello',
      });
    const router = await send('router');
    expect(router.statusCode).toBe(400);
    expect(router.body).toContain('speaks only "matrix"');
  });

  it('takes several notifications of one call, all or none', async () => {
    await using test = await open();
    const send = (payload: object) =>
      test.inject({ method: 'POST', url: '/hooks/cluster', headers: { authorization }, payload });
    expect((await send([{ message: 'a' }, { message: 'b' }])).statusCode).toBe(200);
    expect(await test.contents()).toHaveLength(2);
    const many = Array.from({ length: 100 }, () => ({ message: 'x'.repeat(70_000 / 7) }));
    expect((await send(many)).statusCode).toBe(200);
    expect(await test.contents()).toHaveLength(102);
  });

  it('has no HEAD that would send', async () => {
    await using test = await open();
    const reply = await test.inject({ method: 'HEAD', url: '/hooks/open?message=x' });
    expect(reply.statusCode).toBe(405);
    expect(await test.contents()).toEqual([]);
  });
});

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

describe('unmodified senders', () => {
  const html = {
    msgtype: 'm.text',
    body: '## [gw] up\n```\nwan1\n```',
    format: 'org.matrix.custom.html',
    formatted_body: '<h2>[gw] up</h2><pre><code>wan1</code></pre>',
  };
  const form = { 'content-type': 'application/x-www-form-urlencoded' };

  const senders: [string, InjectOptions, object][] = [
    [
      'RouterOS: raw room id, token in the query, JSON called a form, no transaction',
      {
        method: 'POST',
        url: `/_matrix/client/r0/rooms/${opsRoomId}/send/m.room.message?access_token=router-token`,
        headers: { ...form, 'user-agent': 'Mikrotik/7.21 arm64 backup/Fetch' },
        payload: JSON.stringify(html),
      },
      html,
    ],
    [
      'Healthchecks: quoted room id, token in the query',
      {
        method: 'POST',
        url: `/_matrix/client/r0/rooms/${encodeURIComponent(opsRoomId)}/send/m.room.message?access_token=router-token`,
        headers: { 'content-type': 'application/json' },
        payload: JSON.stringify(html),
      },
      html,
    ],
    [
      'Uptime Kuma: a random transaction id in encoded base64',
      {
        method: 'PUT',
        url: `/_matrix/client/r0/rooms/${encodeURIComponent(opsRoomId)}/send/m.room.message/${encodeURIComponent('Ab/c+dEf==')}`,
        headers: { authorization, 'content-type': 'application/json' },
        payload: JSON.stringify(text),
      },
      text,
    ],
    [
      'Flux: room id not escaped, a SHA-1 as the transaction id',
      {
        method: 'PUT',
        url: `/_matrix/client/r0/rooms/${opsRoomId}:example.org/send/m.room.message/da39a3ee5e6b4b0d3255bfef95601890afd80709`,
        headers: { authorization, 'content-type': 'application/json' },
        payload: JSON.stringify({ body: '💫 kustomization/apps.flux\nok', msgtype: 'm.text' }),
      },
      { body: '💫 kustomization/apps.flux\nok', msgtype: 'm.text' },
    ],
    [
      'Gitea: a notice with a key of its own',
      {
        method: 'PUT',
        url: `${sendUrl}/6dbe4c8dff5a0cb9ab0cc4ed0d0fea3a6ea3b6f2`,
        headers: { authorization, 'x-gitea-event': 'push', 'content-type': 'application/json' },
        payload: JSON.stringify({
          ...html,
          msgtype: 'm.notice',
          'io.gitea.commits': [{ id: 'a' }],
        }),
      },
      { ...html, msgtype: 'm.notice', 'io.gitea.commits': [{ id: 'a' }] },
    ],
    [
      'Tekton: a room of version 12 by its id, token in the query, no transaction',
      {
        method: 'POST',
        url: `/_matrix/client/r0/rooms/${opsRoomId}/send/m.room.message?access_token=router-token`,
        headers: { 'content-type': 'application/json', 'user-agent': 'curl/7.70.0' },
        payload: '{"msgtype":"m.text", "body":"Going to run operator pipeline"}',
      },
      { msgtype: 'm.text', body: 'Going to run operator pipeline' },
    ],
    [
      'a homeserver URL that ends in a slash',
      {
        method: 'PUT',
        url: `/${sendUrl}/1`,
        headers: { authorization },
        payload: JSON.stringify(text),
      },
      text,
    ],
  ];

  it.each(senders)('%s', async (_sender, request, content) => {
    await using test = await open();
    const reply = await send(test, request);
    expect(reply.statusCode).toBe(200);
    expect(reply.json()).toEqual({ event_id: expect.stringMatching(/^\$event-of-/) });
    expect(await test.contents()).toEqual([
      { room: '#ops:example.org', type: 'm.room.message', content },
    ]);
    expect(test.arrivals).toMatchObject([
      { source: 'router', format: 'matrix', result: 'accepted' },
    ]);
  });

  it('RouterOS: looks up the well-known, logs in in the deprecated form, joins', async () => {
    await using test = await open();
    const wellKnown = await test.inject({
      method: 'GET',
      url: '/.well-known/matrix/client',
      headers: { host: 'gw.example.org' },
    });
    expect(wellKnown.json()).toEqual({ 'm.homeserver': { base_url: 'http://gw.example.org' } });
    const login = await test.inject({
      method: 'POST',
      url: '/_matrix/client/r0/login',
      headers: form,
      payload: '{"type":"m.login.password","user":"@router:example.org","password":"router-token"}',
    });
    expect(login.statusCode).toBe(200);
    const token = login.json().access_token;
    const join = await test.inject({
      method: 'POST',
      url: `/_matrix/client/r0/rooms/${encodeURIComponent(opsRoomId)}/join?access_token=${token}`,
    });
    expect(join.json()).toEqual({ room_id: opsRoomId });
  });

  it('Tekton: looks the alias up without a token, and sends to the id it got', async () => {
    await using test = await open();
    const look = async (alias: string) =>
      await test.inject({ method: 'GET', url: `${v3}/directory/room/${alias}` });
    const found = await look('%23deploys:example.org');
    expect(found.json()).toEqual({
      room_id: expect.stringMatching(/^![\w-]{43}$/),
      servers: ['example.org'],
    });
    const url = `/_matrix/client/r0/rooms/${found.json().room_id}/send/m.room.message?access_token=router-token`;
    expect((await send(test, { method: 'POST', url, payload: text })).statusCode).toBe(200);
    expect((await test.contents())[0]?.room).toBe('#deploys:example.org');
  });

  it("Argo's notifications: a recipient that was cut at its colon still means its room", async () => {
    await using test = await openTestGateway(
      testSettings([
        testSource('router', {
          rules: { defaultRooms: [], allowed: ['deploys', 'secret'], origins: {} },
        }),
      ]),
    );
    const join = async (room: string) =>
      await test.inject({
        method: 'POST',
        url: `${v3}/join/${encodeURIComponent(room)}`,
        headers: { authorization },
      });
    expect((await join('#deploys')).statusCode).toBe(200);
    expect((await join('!secret')).json()).toEqual({ room_id: '!secret:example.org' });
    expect((await join('#ops')).statusCode).toBe(403);
  });

  it("Argo's notifications: look the alias up, see whether they joined, join, send", async () => {
    await using test = await open();
    const ask = (method: 'GET' | 'POST', path: string, payload = '') =>
      test.inject({ method, url: `${v3}/${path}`, headers: { authorization }, payload });
    const alias = encodeURIComponent('#ops:example.org');
    const found = await ask('GET', `directory/room/${alias}`);
    expect(found.json()).toMatchObject({ room_id: opsRoomId });
    expect((await ask('GET', 'joined_rooms')).json().joined_rooms).toContain(opsRoomId);
    const joined = await ask('POST', `join/${encodeURIComponent(opsRoomId)}`, '{}');
    expect(joined.json()).toEqual({ room_id: opsRoomId });
    const sent = await send(test, {
      method: 'PUT',
      url: `${sendUrl}/1`,
      headers: { authorization },
      payload: JSON.stringify(html),
    });
    expect(sent.statusCode).toBe(200);
  });

  it('shoutrrr: logs in, joins with the body null, lists rooms, sends', async () => {
    await using test = await open();
    const login = await test.inject({
      method: 'POST',
      url: `${v3}/login`,
      payload: {
        type: 'm.login.password',
        identifier: { type: 'm.id.user', user: 'router' },
        password: 'router-token',
      },
    });
    const headers = { authorization: `Bearer ${login.json().access_token}` };
    const join = await test.inject({
      method: 'POST',
      url: `${v3}/join/${encodeURIComponent('#ops:example.org')}`,
      headers: { ...headers, 'content-type': 'application/json' },
      payload: 'null',
    });
    expect(join.json()).toEqual({ room_id: opsRoomId });
    const joined = await test.inject({ method: 'GET', url: `${v3}/joined_rooms`, headers });
    const standIn = joined.json().joined_rooms[1];
    expect(joined.json().joined_rooms).toEqual([opsRoomId, standIn]);
    const url = `${v3}/rooms/${encodeURIComponent(standIn)}/send/m.room.message/0`;
    await send(test, { method: 'PUT', url, headers, payload: text });
    expect((await test.contents())[0]?.room).toBe('#deploys:example.org');
  });

  it('Apprise: asks who it is, joins an id with a server appended, asks for encryption, sends', async () => {
    await using test = await open();
    const headers = { authorization };
    const get = (path: string) => test.inject({ method: 'GET', url: `${v3}${path}`, headers });
    expect((await get('/account/whoami')).json()).toEqual({
      user_id: '@router:gateway.example.org',
      device_id: 'BELLHOP',
      is_guest: false,
    });
    const mangled = encodeURIComponent(`${opsRoomId}:gateway.example.org`);
    const join = await test.inject({ method: 'POST', url: `${v3}/join/${mangled}`, headers });
    expect(join.json()).toEqual({ room_id: opsRoomId });
    const encryption = await get(`/rooms/${mangled}/state/m.room.encryption`);
    expect(encryption.statusCode).toBe(404);
    expect(encryption.json().errcode).toBe('M_NOT_FOUND');
    expect((await get(`/rooms/${mangled}/joined_members`)).json()).toEqual({
      joined: { '@router:gateway.example.org': { display_name: 'router' } },
    });
    expect((await get('/directory/room/%23ops%3Aexample.org')).json()).toEqual({
      room_id: opsRoomId,
      servers: ['gateway.example.org'],
    });
    const url = `${v3}/rooms/${mangled}/send/m.room.message/0`;
    expect((await send(test, { method: 'PUT', url, headers, payload: text })).statusCode).toBe(200);
    const logout = await test.inject({ method: 'POST', url: `${v3}/logout`, headers, payload: {} });
    expect(logout.json()).toEqual({});
  });

  it('matrix-commander: finds its rooms in the first sync, and waits in the next', async () => {
    await using test = await open();
    const headers = { authorization };
    const first = await test.inject({ method: 'GET', url: `${v3}/sync?timeout=30000`, headers });
    const { next_batch: since, rooms } = first.json();
    expect(Object.keys(rooms.join)).toContain(opsRoomId);
    const url = `${v3}/sync?timeout=30000&since=${since}`;
    const next = test.inject({ method: 'GET', url, headers });
    await expect.poll(() => test.clock.waiting).toBe(1);
    test.clock.advance(30_000);
    expect((await next).json().rooms.join).toEqual({});
  });
});

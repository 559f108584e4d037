import { Agent } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import {
  httpCall,
  listenAnywhere,
  openTestGateway,
  testSettings,
  testSource,
} from './test-gateway.contract.ts';

const headers = { authorization: 'Bearer cluster-token' };
const open = () => openTestGateway(testSettings([testSource('cluster')]), systemClock);

describe('bodies', () => {
  it('beyond the limit are read to their end, so that the caller gets the answer', async () => {
    await using test = await open();
    const where = await listenAnywhere(test.gateway);
    const path = '/v1/notifications';
    const answer = await httpCall(
      { ...where, path, method: 'POST', headers },
      Buffer.alloc(10_000_000, 97),
    );
    expect(answer.status).toBe(413);
    expect(JSON.parse(answer.body)).toMatchObject({
      code: 'body_too_large',
      detail: 'The limit is 1048576 bytes.',
    });
  });

  it('beyond the limit are noticed without a Content-Length, too', async () => {
    await using test = await open();
    const where = await listenAnywhere(test.gateway);
    const chunked = { ...headers, 'transfer-encoding': 'chunked' };
    const answer = await httpCall(
      { ...where, path: '/hooks/cluster', method: 'POST', headers: chunked },
      Buffer.alloc(3_000_000, 97),
    );
    expect(answer.status).toBe(413);
    expect(answer.body).toContain('limits.body');
    const next = await httpCall(
      { ...where, path: '/hooks/cluster', method: 'POST', headers },
      'neighbour',
    );
    expect(next.status).toBe(200);
  });

  it('of a caller without a token are answered before they are read', async () => {
    await using test = await open();
    const agent = new Agent({ keepAlive: true });
    const where = await listenAnywhere(test.gateway);
    const answer = await httpCall(
      { ...where, path: '/v1/notifications', method: 'POST', agent },
      Buffer.alloc(10_000_000, 97),
    );
    expect(answer.status).toBe(401);
    agent.destroy();
  });

  it('that are compressed are refused with the reason', async () => {
    await using test = await open();
    const where = await listenAnywhere(test.gateway);
    const gzip = { ...headers, 'content-encoding': 'gzip' };
    const answer = await httpCall(
      { ...where, path: '/v1/notifications', method: 'POST', headers: gzip },
      'x',
    );
    expect(answer.status).toBe(400);
    expect(answer.body).toContain('uncompressed');
  });
});

describe('paths', () => {
  it('may hold a raw # as some senders leave it', async () => {
    await using test = await open();
    const where = await listenAnywhere(test.gateway);
    const socket = connect(where.port, where.host);
    const body = '{"msgtype":"m.text","body":"x"}';
    const arrived = test.nextArrival();
    socket.end(
      `PUT /_matrix/client/v3/rooms/#ops:example.org/send/m.room.message/1 HTTP/1.1\r\nHost: x\r\n` +
        `Authorization: Bearer cluster-token\r\nConnection: close\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    );
    await arrived;
    await test.deliver();
    expect(await text(socket)).toContain('HTTP/1.1 200 OK');
  });

  it('may not lead up as an event type, encoded or not', async () => {
    await using test = await open();
    const where = await listenAnywhere(test.gateway);
    for (const type of ['%2e%2e', '..', '.']) {
      const socket = connect(where.port, where.host);
      socket.end(
        `PUT /_matrix/client/v3/rooms/ops/send/${type}/1 HTTP/1.1\r\nHost: x\r\n` +
          'Authorization: Bearer cluster-token\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}',
      );
      expect(await text(socket)).toContain('M_INVALID_PARAM');
    }
  });

  it('that are unknown get a problem, and known ones say what they take', async () => {
    await using test = await open();
    const unknown = await test.inject({ method: 'GET', url: '/nonsense' });
    expect([unknown.statusCode, unknown.json().code]).toEqual([404, 'not_found']);
    const wrong = await test.inject({ method: 'PATCH', url: '/v1/notifications' });
    expect([wrong.statusCode, wrong.json().code]).toEqual([405, 'method_not_allowed']);
    expect(wrong.headers['allow']).toBe('POST, GET');
    const options = await test.inject({ method: 'OPTIONS', url: '/v1/notifications' });
    expect([options.statusCode, options.headers['allow']]).toEqual([405, 'POST, GET']);
    const malformed = await test.inject({ method: 'GET', url: '/v1/notifications/%zz' });
    expect([malformed.statusCode, malformed.json().code]).toEqual([400, 'bad_input']);
  });
});

describe('a reload', () => {
  it('counts for the next request', async () => {
    await using test = await open();
    const send = (token: string) =>
      test.inject({
        method: 'POST',
        url: '/v1/notifications',
        headers: { authorization: `Bearer ${token}` },
        payload: 'x',
      });
    expect((await send('cluster-token')).statusCode).toBe(202);
    test.settings = testSettings([testSource('renamed')], { bodyBytesMax: 0 });
    expect((await send('cluster-token')).statusCode).toBe(401);
    expect((await send('renamed-token')).statusCode).toBe(413);
  });
});

describe('an unexpected error', () => {
  it('gets an incident id and tells nothing else', async () => {
    await using test = await open();
    await test.store.close();
    const reply = await test.inject({
      method: 'GET',
      url: '/v1/notifications',
      headers: { authorization: 'Bearer admin-token' },
    });
    expect([500, 503]).toContain(reply.statusCode);
    if (reply.statusCode === 500) {
      expect(reply.json().detail).toBe(`Incident ${test.incidents[0]?.incidentId}.`);
      expect(test.incidents[0]?.route).toBe('GET /v1/notifications');
    }
  });
});

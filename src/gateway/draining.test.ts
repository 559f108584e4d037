import { once } from 'node:events';
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

describe('draining', () => {
  it('answers held calls as things are, takes no more, and ends', async () => {
    const test = await open();
    const where = await listenAnywhere(test.gateway);
    const arrived = test.nextArrival();
    const held = httpCall(
      { ...where, path: '/v1/notifications?wait=60s', method: 'POST', headers },
      'hello',
    );
    await arrived;
    await test.gateway.drain(5000);
    expect((await held).status).toBe(202);
    await expect(httpCall({ ...where, path: '/healthz' })).rejects.toMatchObject({
      code: 'ECONNREFUSED',
    });
    await test[Symbol.asyncDispose]();
  });

  it('cuts what is left at the deadline, which a second call brings forward', async () => {
    const test = await open();
    const where = await listenAnywhere(test.gateway);
    const slow = connect(where.port, where.host);
    await once(slow, 'connect');
    slow.write('POST /v1/notifications HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n');
    // The server has seen the connection once it answers another one.
    await httpCall({ ...where, path: '/healthz' });
    const cut = once(slow, 'close');
    slow.on('error', () => undefined);
    const patient = test.gateway.drain(60_000);
    await test.gateway.drain(0);
    await patient;
    await cut;
    expect(test.cut).toEqual([1]);
    await test[Symbol.asyncDispose]();
  });

  it('turns away who comes on a kept connection, but answers probes', async () => {
    const test = await open();
    const where = await listenAnywhere(test.gateway);
    const first = connect(where.port, where.host);
    await once(first, 'connect');
    // A request that has begun keeps its connection from being idle.
    first.write('POST /v1/notifications HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\n');
    await httpCall({ ...where, path: '/healthz' });
    const drained = test.gateway.drain(5000);
    first.end('Authorization: Bearer cluster-token\r\n\r\nx');
    const answer = await text(first);
    expect(answer).toContain('503 Service Unavailable');
    expect(answer.toLowerCase()).toContain('retry-after: 5');
    expect(answer).toContain('shutting_down');
    await drained;
    await test[Symbol.asyncDispose]();
  });
});

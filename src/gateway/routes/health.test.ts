import { expect, it } from 'vitest';
import { Failure } from '../../errors.ts';
import { openTestGateway, testSettings, testSource } from '../test-gateway.contract.ts';

it('health says ok without a token', async () => {
  await using test = await openTestGateway(testSettings([]));
  const reply = await test.inject({ method: 'GET', url: '/healthz' });
  expect([reply.statusCode, reply.body]).toEqual([200, 'ok\n']);
  expect((await test.inject({ method: 'HEAD', url: '/healthz' })).statusCode).toBe(200);
});

it('readiness follows the checks, and names them when asked', async () => {
  await using test = await openTestGateway(testSettings([]));
  expect((await test.inject({ method: 'GET', url: '/readyz' })).statusCode).toBe(200);
  test.readiness = { ready: false, checks: [{ name: 'store', ok: false, detail: 'disk full' }] };
  const reply = await test.inject({ method: 'GET', url: '/readyz?verbose' });
  expect(reply.statusCode).toBe(503);
  expect(reply.headers['retry-after']).toBeDefined();
  expect(reply.json()).toEqual({
    ready: false,
    version: '0.0.0',
    checks: [
      { name: 'accepting', ok: true },
      { name: 'store', ok: false, detail: 'disk full' },
    ],
  });
});

it('is not ready while the disk is full, until a message is kept or half a minute has passed', async () => {
  await using test = await openTestGateway(testSettings([testSource('cluster')]));
  const { store } = test;
  const keep = store.accept.bind(store);
  const send = async () =>
    await test.inject({
      method: 'POST',
      url: '/v1/notifications',
      headers: { authorization: 'Bearer cluster-token' },
      payload: 'disk full',
    });
  const ready = async () => (await test.inject({ method: 'GET', url: '/readyz' })).statusCode;
  store.accept = () => Promise.reject(new Failure('storage_full'));
  expect((await send()).statusCode).toBe(503);
  expect(await ready()).toBe(503);
  const told = await test.inject({ method: 'GET', url: '/readyz?verbose' });
  expect(told.json().checks).toContainEqual({
    name: 'accepting',
    ok: false,
    detail: expect.stringContaining('disk'),
  });
  test.clock.advance(30_000);
  expect(await ready()).toBe(200);
  await send();
  expect(await ready()).toBe(503);
  store.accept = keep;
  expect((await send()).statusCode).toBe(202);
  expect(await ready()).toBe(200);
});

it('metrics come in the Prometheus text format', async () => {
  await using test = await openTestGateway(testSettings([]));
  const reply = await test.inject({ method: 'GET', url: '/metrics' });
  expect(reply.headers['content-type']).toContain('version=0.0.4');
  expect(reply.body).toContain('bellhop_build_info');
  expect((await test.inject({ method: 'HEAD', url: '/metrics' })).statusCode).toBe(200);
});

import type { InjectOptions } from 'fastify';
import { describe, expect, it } from 'vitest';
import { trustedProxies } from '../settings.ts';
import {
  openTestGateway,
  type TestGateway,
  testSettings,
  testSource,
} from '../test-gateway.contract.ts';

const open = () => openTestGateway(testSettings([testSource('router'), testSource('Other One')]));

describe('the well-known', () => {
  const ask = async (
    test: TestGateway,
    headers: Record<string, string>,
    remoteAddress?: string,
  ) => {
    const options: InjectOptions = { method: 'GET', url: '/.well-known/matrix/client', headers };
    const reply = await test.inject(
      remoteAddress === undefined ? options : { ...options, remoteAddress },
    );
    return reply.json()['m.homeserver']?.base_url;
  };

  it('names the host the caller used', async () => {
    await using test = await open();
    expect(await ask(test, { host: 'gw:8480' })).toBe('http://gw:8480');
  });

  it('believes only a trusted proxy', async () => {
    await using test = await openTestGateway(
      testSettings([], { trustedProxies: trustedProxies(['10.0.0.0/8', '2001:db8::1']) }),
    );
    const headers = {
      host: 'inner:1',
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'gw.example.org',
    };
    expect(await ask(test, headers, '10.1.2.3')).toBe('https://gw.example.org');
    expect(await ask(test, headers, '::ffff:10.1.2.3')).toBe('https://gw.example.org');
    expect(await ask(test, headers, '2001:db8::1')).toBe('https://gw.example.org');
    expect(await ask(test, headers, '192.0.2.1')).toBe('http://inner:1');
  });

  it('takes the scheme of public_url for its host', async () => {
    await using test = await openTestGateway(
      testSettings([], { publicUrl: 'https://gw.example.org' }),
    );
    expect(await ask(test, { host: 'gw.example.org' })).toBe('https://gw.example.org');
    expect(await ask(test, { host: 'other' })).toBe('http://other');
    expect(await ask(test, { host: 'a"b' })).toBe('https://gw.example.org');
  });

  it('the versions are known to every client', async () => {
    await using test = await open();
    const reply = await test.inject({ method: 'GET', url: '/_matrix/client/versions' });
    expect(reply.json().versions).toEqual(expect.arrayContaining(['r0.6.1', 'v1.11']));
  });
});

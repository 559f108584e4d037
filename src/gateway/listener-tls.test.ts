import { once } from 'node:events';
import { request as httpsRequest, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import {
  type Authority,
  type CertificateZoo,
  type Kept,
  openCertificateZoo,
} from './rmapi/certificate-zoo.contract.ts';
import { openTestGateway, portOf, testSettings, testSource } from './test-gateway.contract.ts';

let zoo: CertificateZoo;
let authority: Authority;
let own: Kept;

beforeAll(async () => {
  zoo = await openCertificateZoo();
  authority = await zoo.authority('Test CA');
  const extensions = ['extendedKeyUsage=serverAuth', 'subjectAltName=IP:127.0.0.1'];
  own = await authority.issue('own', { subject: '/CN=bellhop', extensions });
});

afterAll(async () => {
  await zoo[Symbol.asyncDispose]();
});

const open = () => openTestGateway(testSettings([testSource('cluster')]), systemClock);
const here = '127.0.0.1:0';

async function call(options: RequestOptions, body: string) {
  const request = httpsRequest({ host: '127.0.0.1', ca: authority.cert, agent: false, ...options });
  request.end(body);
  const [response] = await once(request, 'response');
  return { status: response.statusCode as number, body: await text(response) };
}

describe('a listener with a certificate', () => {
  it('takes a notification from whoever trusts its authority', async () => {
    await using test = await open();
    const [address] = await test.gateway.listen([{ address: here, tls: own }]);
    const sent = await call(
      {
        port: portOf(address),
        method: 'POST',
        path: '/v1/notifications',
        headers: { authorization: 'Bearer cluster-token', 'content-type': 'text/plain' },
      },
      'disk full',
    );
    expect(sent).toMatchObject({ status: 202 });
    expect((await test.contents()).map(({ content }) => content['body'])).toEqual(['disk full']);
  });

  it('says nothing in clear, and nothing to whoever knows no TLS of this decade', async () => {
    await using test = await open();
    const [address] = await test.gateway.listen([{ address: here, tls: own }]);
    const socket = connect({ host: '127.0.0.1', port: portOf(address) });
    socket.end('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
    expect(await text(socket).catch(() => '')).not.toContain('HTTP/1.1 200');
    const old = connectTls({
      host: '127.0.0.1',
      port: portOf(address),
      ca: authority.cert,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
  });

  it('ends held connections when the gateway drains', async () => {
    await using test = await open();
    const [address] = await test.gateway.listen([{ address: here, tls: own }]);
    const socket = connectTls({
      host: '127.0.0.1',
      port: portOf(address),
      ca: authority.cert,
    });
    await once(socket, 'secureConnect');
    const closed = once(socket, 'close');
    socket.resume();
    await test.gateway.drain(1_000);
    await closed;
  });

  it.each([
    ['a certificate that is none', () => ({ cert: 'no certificate', key: own.key })],
    ['a key that is none', () => ({ cert: own.cert, key: 'no key' })],
    ['the key of another certificate', () => ({ cert: own.cert, key: authority.key })],
  ])('refuses %s, without showing it', async (_, tls) => {
    await using test = await open();
    const failure = await test.gateway.listen([{ address: here, tls: tls() }]).then(
      () => undefined,
      (thrown: unknown) => thrown,
    );
    expect(failure).toMatchObject({
      code: 'config_invalid',
      problems: [
        expect.stringMatching(/^listen: cannot listen on 127\.0\.0\.1:0: its certificate/),
      ],
    });
    expect(JSON.stringify(failure)).not.toContain('BEGIN');
  });
});

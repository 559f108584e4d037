import { once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { Agent, request as httpsRequest, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';
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
let renewed: Kept;

beforeAll(async () => {
  zoo = await openCertificateZoo();
  authority = await zoo.authority('Test CA');
  const extensions = ['extendedKeyUsage=serverAuth', 'subjectAltName=IP:127.0.0.1'];
  own = await authority.issue('own', { subject: '/CN=bellhop', extensions });
  renewed = await authority.issue('renewed', { subject: '/CN=renewed', extensions });
});

afterAll(async () => {
  await zoo[Symbol.asyncDispose]();
});

const open = () => openTestGateway(testSettings([testSource('cluster')]), systemClock);
const here = '127.0.0.1:0';
/** A client of the last decade. */
const tooOld: ConnectionOptions = {
  host: '127.0.0.1',
  minVersion: 'TLSv1',
  maxVersion: 'TLSv1.1',
  ciphers: 'DEFAULT@SECLEVEL=0',
};

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
    const old = connectTls({ port: portOf(address), ...tooOld });
    await expect(once(old, 'secureConnect')).rejects.toThrow();
  });

  it('tells why a handshake failed, once a minute for each reason, and nothing of whoever only looks', async () => {
    await using test = await openTestGateway(testSettings([testSource('cluster')]));
    const [address] = await test.gateway.listen([{ address: here, tls: own }]);
    const port = portOf(address);
    const speakHttp = async () => {
      const socket = connect({ host: '127.0.0.1', port });
      socket.end('GET /healthz HTTP/1.1\r\nhost: localhost\r\n\r\n');
      await text(socket).catch(() => '');
    };
    const look = connect({ host: '127.0.0.1', port });
    await once(look, 'connect');
    look.destroy();
    for (const _ of '123') await speakHttp();
    const next = test.nextFailedHandshake();
    const old = connectTls({ port, ...tooOld });
    await once(old, 'secureConnect').catch(() => undefined);
    await next;
    test.clock.advance(60_000);
    const again = test.nextFailedHandshake();
    await speakHttp();
    await again;
    const told = (why: string) => ({ address, peer: '127.0.0.1', why });
    const http = told('the client speaks http, not https');
    const age = told('the client does not speak TLS 1.2 or later');
    expect(test.failedHandshakes).toEqual([http, age, http]);
  });

  it('shows the new one after a renewal, on the connections made from then on', async () => {
    await using test = await open();
    const listener = { address: here, tls: own };
    const [address] = await test.gateway.listen([listener]);
    const probe = { port: portOf(address), path: '/healthz' };
    const agent = new Agent({ keepAlive: true });
    const shown = async (options: RequestOptions) => {
      const request = httpsRequest({ host: '127.0.0.1', ca: authority.cert, ...options }).end();
      const [response] = await once(request, 'response');
      const { socket } = response as IncomingMessage & { readonly socket: TLSSocket };
      const { subject } = socket.getPeerCertificate();
      await text(response);
      return subject.CN;
    };
    expect(await shown({ ...probe, agent })).toBe('bellhop');
    test.gateway.renewCertificates([{ ...listener, tls: renewed }]);
    expect(await shown({ ...probe, agent: false })).toBe('renewed');
    expect(await shown({ ...probe, agent })).toBe('bellhop');
    agent.destroy();
  });

  it('stays as it is when a renewal cannot be used', async () => {
    await using test = await open();
    const listeners = [
      { address: here, tls: own },
      { address: 'localhost:0', tls: own },
    ];
    const [address] = await test.gateway.listen(listeners);
    const mismatched = { cert: own.cert, key: authority.key };
    expect(() =>
      test.gateway.renewCertificates([
        { address: here, tls: renewed },
        { address: 'localhost:0', tls: mismatched },
      ]),
    ).toThrow(expect.objectContaining({ code: 'config_invalid' }));
    const socket = connectTls({ host: '127.0.0.1', port: portOf(address), ca: authority.cert });
    await once(socket, 'secureConnect');
    expect(socket.getPeerCertificate().subject.CN).toBe('bellhop');
    socket.destroy();
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

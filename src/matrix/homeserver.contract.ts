import * as http from 'node:http';
import * as https from 'node:https';
import * as net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { TransportError } from './errors.ts';
import type { Homeserver } from './homeserver.ts';
import type { TransportOptions } from './transport.ts';

// For localhost only, valid for a hundred years, known to everybody.
const testKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgha3129hhhV845BiW
6wTwO5FOQ0fM4V5lgq4Tc7b9dHyhRANCAASBiFuhytu1wrUnPWzblOPjNDViy7J5
aHixFO/K4ukgWKxKbgkFwpxh2iY8Jjgv/AvpzDdzGB6V4NhoVUkeOyLD
-----END PRIVATE KEY-----`;
const testCertificate = `-----BEGIN CERTIFICATE-----
MIIBmzCCAUGgAwIBAgIUOzfOav/mJCN2+YYMjnvN2PTf6DMwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTEyMTc1NFoYDzIxMjYxMDI4
MTIxNzU0WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAASBiFuhytu1wrUnPWzblOPjNDViy7J5aHixFO/K4ukgWKxKbgkFwpxh
2iY8Jjgv/AvpzDdzGB6V4NhoVUkeOyLDo28wbTAdBgNVHQ4EFgQUzLrZrAGoAT3Q
47eDsF/cHR4lF/owHwYDVR0jBBgwFoAUzLrZrAGoAT3Q47eDsF/cHR4lF/owDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSAAwRQIgVYgSxdoXUkorbj0eOXzKqbEFakU4l/i41m/+5+AAaN0CIQDf
Q7aNHZ30GTsiJ1KxsLad1QYxOMiuK3GdBtt3OmUC+g==
-----END CERTIFICATE-----`;

type Answer = (request: http.IncomingMessage, response: http.ServerResponse) => void;

const patience = 10_000;

/** What every implementation of `Homeserver` promises, against a server that misbehaves in every way. */
export function homeserverContract(
  open: (baseUrl: string, options?: TransportOptions) => Homeserver,
): void {
  const cleanups: (() => Promise<unknown> | undefined)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  function opened(baseUrl: string, options?: TransportOptions): Homeserver {
    const homeserver = open(baseUrl, options);
    cleanups.push(() => homeserver.close());
    return homeserver;
  }

  async function listening(server: net.Server): Promise<string> {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const sockets = new Set<net.Socket>();
    server.on('connection', (socket: net.Socket) => sockets.add(socket));
    cleanups.push(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return `127.0.0.1:${address.port}`;
  }

  async function answering(answer: Answer, options?: TransportOptions): Promise<Homeserver> {
    return opened(`http://${await listening(http.createServer(answer))}`, options);
  }

  async function failureOf(answered: Promise<unknown>): Promise<TransportError> {
    const thrown: unknown = await answered.then(
      () => undefined,
      (error: unknown) => error,
    );
    if (!(thrown instanceof TransportError))
      throw new Error('not a TransportError', { cause: thrown });
    return thrown;
  }

  const get = { method: 'GET', path: '/x?access=none', accessToken: 'syt_secret' } as const;

  it('a request arrives with method, path, query, token, type and body as given', async () => {
    const homeserver = await answering((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { method, url, headers } = request;
        const { authorization, 'content-type': type, 'content-length': length, host } = headers;
        const body = Buffer.concat(chunks).toString('utf8');
        response.end(JSON.stringify({ method, url, authorization, type, length, host, body }));
      });
    });
    const { body } = await homeserver.request({
      method: 'PUT',
      path: '/_matrix/%21x/y?a=b',
      accessToken: 'secret',
      body: '{"body":"grüße 🛎"}',
    });
    expect(JSON.parse(body)).toEqual({
      method: 'PUT',
      url: '/_matrix/%21x/y?a=b',
      authorization: 'Bearer secret',
      type: 'application/json',
      length: '23',
      host: new URL(homeserver.baseUrl).host,
      body: '{"body":"grüße 🛎"}',
    });
  });

  it('bytes are sent as they are, under their own type', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, index) => index);
    const homeserver = await answering((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        response.setHeader('x-type', request.headers['content-type'] ?? '');
        response.end(Buffer.concat(chunks).toString('hex'));
      });
    });
    const { body, headers } = await homeserver.request({
      method: 'POST',
      path: '/upload',
      body: bytes,
      contentType: 'image/png',
    });
    expect(body).toBe(Buffer.from(bytes).toString('hex'));
    expect(headers['x-type']).toBe('image/png');
  });

  it('a POST without a body says that it is empty', async () => {
    const homeserver = await answering((request, response) => {
      response.end(request.headers['content-length']);
    });
    expect((await homeserver.request({ method: 'POST', path: '/logout' })).body).toBe('0');
  });

  it("a base URL's path comes before the request's, its trailing slash does not count", async () => {
    const address = await listening(
      http.createServer((request, response) => response.end(request.url)),
    );
    const homeserver = opened(`http://${address}/matrix/`);
    expect(homeserver.baseUrl).toBe(`http://${address}/matrix`);
    expect((await homeserver.request(get)).body).toBe('/matrix/x?access=none');
  });

  it('what is not a base URL is refused at once', () => {
    expect(() => open('ftp://example.org')).toThrow(TypeError);
    expect(() => open('example.org')).toThrow(TypeError);
  });

  it('every status is an answer, with lower-case headers; redirects are not followed', async () => {
    const homeserver = await answering((request, response) => {
      const status = Number(request.url?.slice(1));
      response.writeHead(status, {
        Location: '/200',
        'Retry-After': '5',
        'Set-Cookie': ['a', 'b'],
      });
      response.end(`status ${status}`);
    });
    for (const status of [200, 302, 404, 429, 502]) {
      const response = await homeserver.request({ method: 'GET', path: `/${status}` });
      expect(response.status).toBe(status);
      expect(response.body).toBe(`status ${status}`);
      expect(response.headers['retry-after']).toBe('5');
      expect(response.headers['set-cookie']).toBe('a, b');
    }
  });

  it('an answer that arrives in pieces within a character is put together', async () => {
    const bytes = Buffer.from('{"body":"🛎"}');
    const homeserver = await answering((_request, response) => {
      response.write(bytes.subarray(0, 11), () => response.end(bytes.subarray(11)));
    });
    expect((await homeserver.request(get)).body).toBe('{"body":"🛎"}');
  });

  it('requests one after another reuse connections', async () => {
    let connections = 0;
    const server = http.createServer((_request, response) => response.end('{}'));
    server.on('connection', () => connections++);
    const homeserver = opened(`http://${await listening(server)}`);
    for (let i = 0; i < 20; i++) await homeserver.request(get);
    // An answer may be there a turn before its connection is free again.
    expect(connections).toBeLessThanOrEqual(2);
  });

  it('no more connections are made than allowed, and the rest waits', async () => {
    let connections = 0;
    const server = http.createServer((_request, response) => {
      setImmediate(() => response.end('{}'));
    });
    server.on('connection', () => connections++);
    const homeserver = opened(`http://${await listening(server)}`, { connections: 2 });
    await Promise.all(Array.from({ length: 10 }, () => homeserver.request(get)));
    expect(connections).toBe(2);
  });

  it('a refused connection is unreachable', async () => {
    const server = net.createServer();
    const address = await listening(server);
    await new Promise((resolve) => server.close(resolve));
    const failure = await failureOf(opened(`http://${address}`).request(get));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toBe('GET /x: unreachable: ECONNREFUSED');
  });

  it('a connection reset before the answer is interrupted', async () => {
    const homeserver = await answering((request) => request.socket.resetAndDestroy());
    expect((await failureOf(homeserver.request(get))).kind).toBe('interrupted');
  });

  it('a connection reset within the answer is interrupted', async () => {
    const homeserver = await answering((request, response) => {
      response.writeHead(200, { 'content-length': '100' });
      response.write('half', () => request.socket.resetAndDestroy());
    });
    expect((await failureOf(homeserver.request(get))).kind).toBe('interrupted');
  });

  it('an answer shorter than it says is interrupted', async () => {
    const homeserver = await answering((request) => {
      request.socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf');
    });
    expect((await failureOf(homeserver.request(get))).kind).toBe('interrupted');
  });

  it('an answer that is not HTTP is interrupted', async () => {
    const homeserver = await answering((request) => request.socket.end('220 mail ready\r\n'));
    expect((await failureOf(homeserver.request(get))).kind).toBe('interrupted');
  });

  it('no answer within the deadline is interrupted', async () => {
    const homeserver = await answering(() => undefined);
    const failure = await failureOf(homeserver.request({ ...get, deadlineMs: 50 }));
    expect(failure.message).toBe('GET /x: interrupted: deadline');
  });

  it('the deadline holds for the whole answer, however it trickles', async () => {
    const homeserver = await answering((_request, response) => {
      const timer = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(timer));
    });
    const failure = await failureOf(homeserver.request({ ...get, deadlineMs: 80 }));
    expect(failure.message).toBe('GET /x: interrupted: deadline');
  });

  it('a request that still waits for a connection at its deadline was not sent', async () => {
    let arrived = 0;
    const homeserver = await answering(
      () => {
        arrived++;
      },
      { connections: 1 },
    );
    const first = failureOf(homeserver.request({ ...get, deadlineMs: 200 }));
    const second = await failureOf(homeserver.request({ ...get, deadlineMs: 50 }));
    expect(second.kind).toBe('unreachable');
    expect((await first).kind).toBe('interrupted');
    expect(arrived).toBe(1);
  });

  it('a handshake that never ends is unreachable', async () => {
    const address = await listening(net.createServer());
    const failure = await failureOf(
      opened(`https://${address}`).request({ ...get, deadlineMs: 80 }),
    );
    expect(failure.message).toBe('GET /x: unreachable: deadline');
  });

  it('an abort while the answer is awaited is interrupted', { timeout: patience }, async () => {
    const aborter = new AbortController();
    const homeserver = await answering(() => aborter.abort());
    const failure = await failureOf(homeserver.request({ ...get, signal: aborter.signal }));
    expect(failure.message).toBe('GET /x: interrupted: aborted');
  });

  it('after an abort nothing is sent', async () => {
    let arrived = 0;
    const homeserver = await answering(() => {
      arrived++;
    });
    const failure = await failureOf(homeserver.request({ ...get, signal: AbortSignal.abort() }));
    expect(failure.kind).toBe('unreachable');
    expect(arrived).toBe(0);
  });

  it('an answer larger than its bound is cut off', async () => {
    const homeserver = await answering(
      (_request, response) => {
        response.end('x'.repeat(200_000));
      },
      { responseBytesMax: 100_000 },
    );
    expect((await failureOf(homeserver.request(get))).message).toBe(
      'GET /x: interrupted: answer too large',
    );
  });

  it('a connection that failed does not spoil the next', async () => {
    let requests = 0;
    const homeserver = await answering((request, response) => {
      if (++requests === 1) request.socket.destroy();
      else response.end('{}');
    });
    await failureOf(homeserver.request(get));
    expect((await homeserver.request(get)).status).toBe(200);
  });

  it('closing ends what is under way', { timeout: patience }, async () => {
    const { promise: arrived, resolve: arrive } = Promise.withResolvers<void>();
    const homeserver = await answering(() => arrive());
    const failure = failureOf(homeserver.request(get));
    await arrived;
    await homeserver.close();
    expect((await failure).kind).toBe('interrupted');
  });

  it('a token that no header can hold is not sent and not named', async () => {
    const homeserver = await answering((_request, response) => response.end('{}'));
    const failure = await failureOf(homeserver.request({ ...get, accessToken: 'syt\nsecret' }));
    expect(failure.kind).toBe('unreachable');
    expect(`${failure.message} ${String(failure.cause)}`).not.toContain('secret');
  });

  it('errors hold neither token nor query', async () => {
    const homeserver = await answering((request) => request.socket.destroy());
    const failure = await failureOf(homeserver.request(get));
    expect(JSON.stringify(failure) + String(failure.stack) + String(failure.cause)).not.toMatch(
      /secret|access=/,
    );
  });

  it('a certificate is trusted if and only if its authority is named', async () => {
    const server = https.createServer(
      { key: testKey, cert: testCertificate },
      (_request, response) => response.end('{}'),
    );
    const address = await listening(server);
    const failure = await failureOf(opened(`https://${address}`).request(get));
    expect(failure.kind).toBe('unreachable');
    expect(failure.message).toContain('SELF_SIGNED');
    const trusting = opened(`https://${address}`, { tls: { ca: testCertificate } });
    expect((await trusting.request(get)).status).toBe(200);
    expect((await trusting.request(get)).status).toBe(200);
  });
}

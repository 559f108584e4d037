import * as http from 'node:http';
import * as net from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { TransportError } from './errors.ts';
import type { Homeserver, MatrixRequest, MatrixResponse } from './homeserver.ts';

const chunkBytes = 256 * 1024;
/** More than all buffers between two sockets hold. */
const chunksMany = 256;

/** A body and what became of reading it. */
interface Source {
  /** Pieces that were read. */
  read: number;
  readonly closed: Promise<void>;
  readonly request: MatrixRequest;
}

/** A body of `count` pieces, each filled with its own number; `failure` is thrown in place of the piece `failAt`. */
function sourceOf(count: number, failAt?: number, failure?: Error): Source {
  const { promise: closed, resolve: close } = Promise.withResolvers<void>();
  async function* pieces(): AsyncGenerator<Uint8Array> {
    try {
      for (let index = 0; index < count; index++) {
        // As from another thread.
        await new Promise((resolve) => setImmediate(resolve));
        if (index === failAt && failure !== undefined) throw failure;
        source.read++;
        yield new Uint8Array(chunkBytes).fill(index);
      }
    } finally {
      close();
    }
  }
  const body = { bytes: pieces(), sizeBytes: count * chunkBytes };
  const request = { method: 'POST', path: '/upload', contentType: 'image/png', body } as const;
  const source = { read: 0, closed, request };
  return source;
}

/** What every implementation of `Homeserver` promises of a body that is read while it is sent. */
export function streamedBodyContract(open: (baseUrl: string) => Homeserver): void {
  const cleanups: (() => Promise<unknown> | undefined)[] = [];

  afterEach(async () => {
    for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
  });

  async function opened(server: net.Server): Promise<Homeserver> {
    const sockets = new Set<net.Socket>();
    server.on('connection', (socket: net.Socket) => sockets.add(socket));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const homeserver = open(`http://127.0.0.1:${address.port}`);
    cleanups.push(async () => {
      await homeserver.close();
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    });
    return homeserver;
  }

  /** A server that takes whatever comes, and says what it got. */
  const taking = async (): Promise<Homeserver> =>
    await opened(
      http.createServer((request, response) => {
        const seen: number[] = [];
        let bytes = 0;
        request.on('data', (chunk: Buffer) => {
          for (const first of chunk.subarray(0, 1)) if (seen.at(-1) !== first) seen.push(first);
          bytes += chunk.length;
        });
        request.on('error', () => undefined);
        const { 'content-length': length, 'content-type': type } = request.headers;
        request.on('end', () => response.end(JSON.stringify({ length, type, bytes, seen })));
      }),
    );

  async function thrownBy(answered: Promise<MatrixResponse>): Promise<unknown> {
    return await answered.then(
      () => undefined,
      (error: unknown) => error,
    );
  }

  it('it arrives whole and in order, under its type, with its length', async () => {
    const homeserver = await taking();
    const source = sourceOf(40);
    const { body } = await homeserver.request(source.request);
    const bytes = 40 * chunkBytes;
    const seen = Array.from({ length: 40 }, (_, index) => index);
    expect(JSON.parse(body)).toEqual({ length: String(bytes), type: 'image/png', bytes, seen });
  });

  it('it may be empty', async () => {
    const homeserver = await taking();
    const { body } = await homeserver.request(sourceOf(0).request);
    expect(JSON.parse(body)).toMatchObject({ length: '0', bytes: 0 });
  });

  it('no more of it is read than a stalled server takes, until the deadline', async () => {
    const homeserver = await opened(net.createServer({ pauseOnConnect: true }));
    const source = sourceOf(chunksMany);
    const failure = await thrownBy(homeserver.request({ ...source.request, deadlineMs: 150 }));
    expect(String(failure)).toBe('TransportError: POST /upload: interrupted: deadline');
    await source.closed;
    expect(source.read).toBeLessThan(chunksMany / 2);
  });

  it('a signal ends it within the body', async () => {
    const aborter = new AbortController();
    const server = net.createServer((socket) => {
      socket.once('data', () => aborter.abort()).on('error', () => undefined);
    });
    const homeserver = await opened(server);
    const source = sourceOf(chunksMany);
    const { signal } = aborter;
    const failure = await thrownBy(homeserver.request({ ...source.request, signal }));
    expect(String(failure)).toBe('TransportError: POST /upload: interrupted: aborted');
    await source.closed;
    expect(source.read).toBeLessThan(chunksMany);
  });

  it('an error while it is read breaks the request off and is thrown as it is', async () => {
    const { promise: brokenOff, resolve: breakOff } = Promise.withResolvers<void>();
    const server = http.createServer((request) => {
      request.on('error', () => undefined).on('close', breakOff);
      request.resume();
    });
    const homeserver = await opened(server);
    const failure = new Error('the disk is broken');
    const source = sourceOf(40, 20, failure);
    expect(await thrownBy(homeserver.request(source.request))).toBe(failure);
    await brokenOff;
  });

  it.each([
    ['more', 1],
    ['less', 3],
  ])('of a body with %s bytes than it says no request comes', async (_, chunks) => {
    const homeserver = await taking();
    const source = sourceOf(2);
    const { bytes } = source.request.body as { bytes: AsyncIterable<Uint8Array> };
    const body = { bytes, sizeBytes: chunks * chunkBytes };
    const thrown = await thrownBy(homeserver.request({ ...source.request, body }));
    expect(thrown).toBeInstanceOf(RangeError);
    await source.closed;
  });

  it('an answer that does not wait for it counts, and ends it', async () => {
    const server = http.createServer((_request, response) => {
      response.writeHead(413);
      response.end('{}');
    });
    const homeserver = await opened(server);
    const source = sourceOf(chunksMany);
    expect((await homeserver.request(source.request)).status).toBe(413);
    await source.closed;
    expect(source.read).toBeLessThan(chunksMany);
  });

  it('it is not read where nobody listens', async () => {
    const server = net.createServer();
    const homeserver = await opened(server);
    await new Promise((resolve) => server.close(resolve));
    const source = sourceOf(1);
    const failure = await thrownBy(homeserver.request(source.request));
    expect(failure).toBeInstanceOf(TransportError);
    expect(failure).toMatchObject({ kind: 'unreachable' });
  });

  it('a request that broke off does not spoil the next', async () => {
    const homeserver = await taking();
    await thrownBy(homeserver.request(sourceOf(4, 2, new Error('broken')).request));
    expect((await homeserver.request(sourceOf(4).request)).status).toBe(200);
  });
}

import type { IncomingMessage } from 'node:http';
import { Failure } from '../errors.ts';

const empty = Buffer.alloc(0);

/** Whether a request has a body, by its headers. */
export function announcesBody({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const length = headers['content-length'] ?? '0';
  return length !== '0' || headers['transfer-encoding'] !== undefined;
}

type Done = (failure: Error | null, body?: Buffer) => void;

function tooLarge(bytesMax: number): Failure {
  return new Failure('body_too_large', { detail: `The limit is ${bytesMax} bytes.` });
}

/** Of all bodies that are on their way at once: as many slow senders as there may be connections would take gigabytes. */
const underWayBytesMax = 64 * 1024 * 1024;

/** The memory that bodies may take while they are on their way. */
export class BodyBudget {
  #left = underWayBytesMax;

  /** @returns whether there was so much left */
  take(bytes: number): boolean {
    if (bytes > this.#left) return false;
    this.#left -= bytes;
    return true;
  }

  give(bytes: number): void {
    this.#left += bytes;
  }
}

/** Beyond the limit this much is read and dropped, so that the caller is ready to read the answer. */
const droppedBytesMax = 64 * 1024 * 1024;

/**
 * Collects a request's body, at most `bytesMax` bytes, whatever its Content-Type. What is somewhat larger is read to its
 * end and dropped: a caller that is cut off while it sends never sees why. The server's request timeout bounds the time.
 * What is kept meanwhile comes out of `budget`; where that is spent, the caller is to come back (`storage_busy`).
 */
export function readBody(
  request: IncomingMessage,
  bytesMax: number,
  done: Done,
  budget: BodyBudget = new BodyBudget(),
): void {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== '' && encoding !== 'identity') {
    const detail = 'Content-Encoding is not supported; send the body uncompressed.';
    done(new Failure('bad_input', { detail }));
    return;
  }
  let chunks: Buffer[] = [];
  let bytes = 0;
  let held = 0;
  let isOver = false;
  const finish: Done = (failure, body) => {
    // The others stay: a late error of a connection that is given up must not be without a listener.
    request.off('data', take);
    if (isOver) return;
    isOver = true;
    budget.give(held);
    done(failure, body);
  };
  const keep = (chunk: Buffer) => {
    if (!budget.take(chunk.length)) return finish(new Failure('storage_busy'));
    held += chunk.length;
    // Nearly all bodies come in one chunk.
    if (bytes === chunk.length) chunks = [chunk];
    else chunks.push(chunk);
  };
  const take = (chunk: Buffer) => {
    bytes += chunk.length;
    if (bytes > bytesMax + droppedBytesMax) finish(tooLarge(bytesMax));
    else if (bytes > bytesMax) chunks = [];
    else keep(chunk);
  };
  request.on('data', take);
  request.on('end', () => {
    if (bytes > bytesMax) finish(tooLarge(bytesMax));
    else finish(null, chunks.length === 1 ? chunks[0] : Buffer.concat(chunks, bytes));
  });
  request.on('error', (cause: Error) => {
    finish(new Failure('bad_input', { detail: 'The body broke off.', cause }));
  });
}

/** A body that was not read because the request has none. */
export function bodyOf(body: unknown): Buffer {
  return Buffer.isBuffer(body) ? body : empty;
}

import { Readable } from 'node:stream';

/** A body that is read while it is sent, once, so that it is never whole in memory. */
export interface StreamedBody {
  /** In pieces that are not larger than what may be held. */
  readonly bytes: AsyncIterable<Uint8Array>;
  /** Of all pieces together; a body of another size fails its request. */
  readonly sizeBytes: number;
}

/** What a request can carry. */
export type RequestBody = string | Uint8Array | StreamedBody;

/** Whether a body is read while it is sent. */
export function isStreamed(body: RequestBody | undefined): body is StreamedBody {
  return typeof body === 'object' && 'sizeBytes' in body;
}

/**
 * The body as Node streams it: nothing is read before somebody reads it, then one piece ahead. `onFailure` learns, before
 * anybody else, what reading threw.
 */
export function openBody(body: StreamedBody, onFailure: (error: unknown) => void): Readable {
  return Readable.from(exactly(body)).once('error', onFailure);
}

/** More than was announced would be taken for the next request, and less is waited for until the deadline. */
async function* exactly({ bytes, sizeBytes }: StreamedBody): AsyncGenerator<Uint8Array> {
  let leftBytes = sizeBytes;
  for await (const chunk of bytes) {
    leftBytes -= chunk.byteLength;
    if (leftBytes < 0) break;
    yield chunk;
  }
  if (leftBytes !== 0) throw new RangeError('a body has another size than it says');
}

import { createHash } from 'node:crypto';
import { Failure } from '../errors.ts';
import type { IncomingRequest } from '../formats/format.ts';
import type { Idempotency } from '../outbox/outbox.ts';
import type { SourceSettings } from './settings.ts';

/** What the documentation promises; longer keys are a mistake, and cost space for as long as the row lives. */
const keyLengthMax = 255;

/** SHA-256 of the parts, each told apart from the next, in base64url. */
export function digestOf(parts: readonly (string | Uint8Array)[]): string {
  const hash = createHash('sha256');
  for (const part of parts) {
    hash.update(`${part.length}:`);
    hash.update(part);
  }
  return hash.digest('base64url');
}

/** What a caller asks for, whoever asks. */
type Asked = Pick<IncomingRequest, 'query' | 'body'>;

/** Where `POST /v1/notifications` wants to go, to whatever room. */
export const nativePlace = 'v1';

/** What was asked: the same request has the same digest, whatever token it shows. */
export function requestDigest(request: Asked, place: string): string {
  return digestOf([place, JSON.stringify(request.query), request.body]);
}

/** How repeats of a call are recognised by the key its caller chose. @throws Failure bad_input for one that is too long */
export function chosenIdempotency(chosen: string, asked: Asked, place: string): Idempotency {
  if (chosen.length > keyLengthMax) {
    const problems = [`Idempotency-Key: longer than ${keyLengthMax} characters`];
    throw new Failure('bad_input', { problems });
  }
  return { key: `chosen:${chosen}`, digest: requestDigest(asked, place) };
}

/**
 * How repeats of this call are recognised: by the key its caller chose, else by the key its format knows, else by its
 * bytes within the source's window, else not at all. Keys of these kinds never meet.
 *
 * @param place - where the call wants to go; equal bytes to another place are another message
 * @throws Failure bad_input for a key that is too long
 */
export function idempotencyOf(
  request: IncomingRequest,
  source: SourceSettings,
  place: string,
  known?: { readonly key: string; readonly windowMs: number },
): Idempotency | undefined {
  const chosen = request.headers['idempotency-key'];
  if (chosen !== undefined && chosen !== '') {
    return chosenIdempotency(chosen, request, place);
  }
  if (known !== undefined && known.windowMs > 0) {
    const digest = digestOf([place, known.key]);
    return { key: `known:${digest}`, digest, windowMs: known.windowMs };
  }
  if (source.dedupeWindowMs === 0) return undefined;
  const digest = requestDigest(request, place);
  return { key: `bytes:${digest}`, digest, windowMs: source.dedupeWindowMs };
}

import { canonicalJson } from '../notification/canonical-json.ts';
import type { EventContent } from '../notification/event-content.ts';
import { encryptedContentBytesMax, fitContent } from '../notification/fit.ts';

/**
 * The content small enough to be encrypted, cut at a line end with a note if need be; undefined when it is no text and
 * too large.
 */
export function cutForEncryption(content: string): string | undefined {
  if (Buffer.byteLength(content) <= encryptedContentBytesMax) return content;
  const parsed: Partial<EventContent> = JSON.parse(content);
  if (typeof parsed.body !== 'string') return undefined;
  const fitted = fitContent(parsed as EventContent, encryptedContentBytesMax, { attached: false });
  const text = canonicalJson(fitted.content);
  return Buffer.byteLength(text) <= encryptedContentBytesMax ? text : undefined;
}

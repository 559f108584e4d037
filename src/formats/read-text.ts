import { isUtf8 } from 'node:buffer';
import type { Problem } from './format.ts';

export type TextReading =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const replacement = '\ufffd';
const replacementBytes = Buffer.from(replacement);

/** Where the first byte is that cannot be UTF-8. The bytes, read as `text`, are known to hold one. */
function faultOffset(bytes: Buffer, text: string): number {
  let offset = 0;
  let from = 0;
  for (;;) {
    const at = text.indexOf(replacement, from);
    if (at < 0) return offset;
    offset += Buffer.byteLength(text.slice(from, at));
    if (!bytes.subarray(offset, offset + replacementBytes.length).equals(replacementBytes)) {
      return offset;
    }
    offset += replacementBytes.length;
    from = at + 1;
  }
}

/** The bytes as text, without a byte order mark; if they are no UTF-8, a problem that names the first wrong byte. */
export function readText(body: Uint8Array): TextReading {
  const bytes = Buffer.isBuffer(body)
    ? body
    : Buffer.from(body.buffer, body.byteOffset, body.byteLength);
  const text = bytes.toString('utf8');
  // What is no UTF-8 is read as U+FFFD, which the sender may have written itself.
  if (text.includes(replacement) && !isUtf8(bytes)) {
    const message = `not UTF-8: byte ${faultOffset(bytes, text)} (counted from 0) is wrong; send UTF-8`;
    return { ok: false, problems: [{ place: 'body', message }] };
  }
  return { ok: true, text: text.startsWith('\ufeff') ? text.slice(1) : text };
}

import { canonicalBytes } from './canonical-json.ts';
import { cutHtml } from './cut-html.ts';
import { cutText, jsonTextBytes } from './cut-text.ts';
import type { EventContent } from './event-content.ts';

/** Largest content sent in clear: an event has 65,536 bytes, of which ids, hashes and signatures take up to 2,500. */
export const clearContentBytesMax = 63_000;
/** Largest content that is encrypted afterwards: base64 and the envelope add a third. */
export const encryptedContentBytesMax = 47_000;

export interface FitOptions {
  /** Bytes to leave free, such as `lateNoteBytesMax`; default 0. */
  readonly reserveBytes?: number | undefined;
  /** Whether the whole text goes along as a file, so that the note may say it; default true. */
  readonly attached?: boolean | undefined;
}

export type Fitted =
  | { readonly cut: false; readonly content: EventContent }
  /** `wholeText` is the plain text before the cut. */
  | { readonly cut: true; readonly content: EventContent; readonly wholeText: string };

/** The note with two numbers of ten digits and its tags stays below this. */
const noteBytesMax = 160;
/** No content has more beside its words and mentions of users: the relation and the keys. */
const fixedBytesMax = 1024;
/** The longest a UTF-16 unit becomes in canonical JSON. */
const unitBytesMax = 6;

/** Code points, which is what people call characters often enough. */
function countCharacters(text: string): number {
  let count = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit >= 0xd800 && unit <= 0xdbff) count--;
  }
  return count;
}

const countShown = (html: string): number =>
  countCharacters(
    html
      .replace(/<br ?\/?>/g, '\n')
      .replace(/<[^<>]*>/g, '')
      .replace(/&#?\w+;/g, '.'),
  );

const grouped = (count: number): string => count.toString().replace(/\d(?=(?:\d{3})+$)/g, '$&,');

function noteOf(shown: number, whole: number, attached: boolean): string {
  const words = `… cut: ${grouped(shown)} of ${grouped(whole)} characters shown`;
  return attached ? `${words}; the whole text is attached` : words;
}

/** Surely small enough, without measuring: most notifications are. */
function isSmall(content: EventContent, limit: number): boolean {
  const units = content.body.length + (content.formatted_body?.length ?? 0);
  return (
    content['m.mentions'].user_ids === undefined && units * unitBytesMax + fixedBytesMax <= limit
  );
}

/**
 * The content in at most `bytesMax - reserveBytes` bytes of canonical JSON. What does not fit is cut at a line end, in
 * text and HTML, with a note that says how much is shown. Limits below 32 KiB may not hold all mentions: those stay.
 */
export function fitContent(
  content: EventContent,
  bytesMax: number,
  options: FitOptions = {},
): Fitted {
  const { reserveBytes = 0, attached = true } = options;
  const limit = bytesMax - reserveBytes;
  if (isSmall(content, limit) || canonicalBytes(content) <= limit) return { cut: false, content };
  const { body: wholeText, formatted_body: wholeHtml } = content;
  if (wholeHtml === undefined) {
    const room = limit - canonicalBytes({ ...content, body: '' }) - noteBytesMax;
    const body = cutText(wholeText, room);
    const note = noteOf(countCharacters(body), countCharacters(wholeText), attached);
    return { cut: true, content: { ...content, body: `${body}\n${note}` }, wholeText };
  }
  const fixed = canonicalBytes({ ...content, body: '', formatted_body: '' });
  const room = Math.max(0, limit - fixed - 2 * noteBytesMax);
  // Whoever needs less than half leaves the rest to the other.
  const html = cutHtml(wholeHtml, Math.max(room / 2, room - jsonTextBytes(wholeText)));
  const body = cutText(wholeText, room - jsonTextBytes(html));
  const htmlNote = noteOf(countShown(html), countShown(wholeHtml), attached);
  const note = noteOf(countCharacters(body), countCharacters(wholeText), attached);
  return {
    cut: true,
    content: {
      ...content,
      body: body === wholeText ? body : `${body}\n${note}`,
      formatted_body: html === wholeHtml ? html : `${html}<p><em>${htmlNote}</em></p>`,
    },
    wholeText,
  };
}

import { cutText, jsonTextBytes } from './cut-text.ts';
import { htmlDepthMax } from './html-subset.ts';

/** Tags, references, line ends and runs of text; every alternative begins differently, so it takes linear time. */
const tokens = /<[^<>]*>|&#?\w{1,31};|\n|[^<&\n]+|[<&]/gu;
const lineEnds = /^(?:\n|<br ?\/?>|<hr ?\/?>|<\/(?:p|li|tr|table|pre|h\d|div|blockquote|ul|ol)>)$/;
const voidTag = /^<(?:br|hr|img)\b|\/>$/;
/** A line end is a good place to cut unless it throws away more than half of what would fit. */
const keptShareMin = 0.5;

/** A place where the HTML may end, once the tags that are open there are closed. */
interface Place {
  readonly end: number;
  readonly bytes: number;
  readonly closing: string;
}

function closingTags(open: readonly string[]): string {
  return open
    .map((tag) => `</${tag}>`)
    .toReversed()
    .join('');
}

/** The tags that are open after this token. */
function openAfter(open: readonly string[], token: string): readonly string[] {
  if (!token.startsWith('<') || token.length < 3 || voidTag.test(token)) return open;
  if (token.startsWith('</')) return open.slice(0, -1);
  const name = /^<([a-z][a-z0-9-]*)/i.exec(token)?.[1];
  return name === undefined ? open : [...open, name];
}

/** The HTML up to here, or to the last line end; `token` does not fit any more, but a part of a long text may. */
function endAt(html: string, here: Place, lineEnd: Place, token: string, bytesMax: number): string {
  if (lineEnd.end > 0 && lineEnd.end >= here.end * keptShareMin) {
    return `${html.slice(0, lineEnd.end)}${lineEnd.closing}`;
  }
  const isText = !token.startsWith('<') && !token.startsWith('&');
  const room = bytesMax - here.bytes - jsonTextBytes(here.closing);
  return `${html.slice(0, here.end)}${isText ? cutText(token, room) : ''}${here.closing}`;
}

/**
 * The beginning of HTML that needs at most `bytesMax` bytes inside a JSON string: cut after a line where that costs at
 * most half, else between two characters, with every open tag closed. It takes well-formed HTML, as `render` makes it;
 * any other text comes out within the bytes too, and in linear time.
 */
export function cutHtml(html: string, bytesMax: number): string {
  if (jsonTextBytes(html) <= bytesMax) return html;
  let here: Place = { end: 0, bytes: 0, closing: '' };
  let lineEnd: Place = here;
  let open: readonly string[] = [];
  for (const [token] of html.matchAll(tokens)) {
    const after = openAfter(open, token);
    const next: Place = {
      end: here.end + token.length,
      bytes: here.bytes + jsonTextBytes(token),
      closing: after === open ? here.closing : closingTags(after),
    };
    const fits = next.bytes + jsonTextBytes(next.closing) <= bytesMax;
    if (!fits || after.length > htmlDepthMax) return endAt(html, here, lineEnd, token, bytesMax);
    here = next;
    open = after;
    if (lineEnds.test(token)) lineEnd = here;
  }
  return html;
}

import type { IncomingRequest, Problem } from './format.ts';
import { readJson } from './read-json.ts';
import { readText } from './read-text.ts';

/** What a request body turned out to be, whatever its Content-Type claimed. */
export type Content =
  | { readonly kind: 'json'; readonly value: unknown }
  /** `text` is the body as it was sent, for who finds that the fields say nothing. */
  | {
      readonly kind: 'form';
      readonly fields: Readonly<Record<string, string>>;
      readonly text: string;
    }
  | { readonly kind: 'text'; readonly text: string; readonly format: 'plain' | 'markdown' | 'html' }
  | { readonly kind: 'empty' }
  | { readonly kind: 'unreadable'; readonly problems: readonly Problem[] };

/** A form with more is no notification. */
const formFieldsMax = 1000;

const textFormats: Readonly<Record<string, 'plain' | 'markdown' | 'html'>> = {
  'text/markdown': 'markdown',
  'text/x-markdown': 'markdown',
  'text/html': 'html',
};

/** A Content-Type that announces JSON of whatever kind. */
const jsonType = /^[^;]*[/+]json\s*(?:;|$)/i;

/** The media type without parameters, in lower case; empty if there is none. */
function mediaType(request: IncomingRequest): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** The form's fields, if a known name is among them: `curl -d "a=b"` claims to be a form and is just text. */
function readForm(
  text: string,
  isKnown: (name: string) => boolean,
): Readonly<Record<string, string>> | undefined {
  if (!text.includes('=') || text.split('&', formFieldsMax + 1).length > formFieldsMax) {
    return undefined;
  }
  const pairs = [...new URLSearchParams(text.trim())];
  return pairs.some(([name]) => isKnown(name)) ? Object.fromEntries(pairs) : undefined;
}

/** `curl --data-urlencode "disk full"` sends only letters, digits, a few signs and %XX. */
function unescapeForm(text: string): string {
  if (!/%[\da-f]{2}/i.test(text) || !/^[\w.*~+%-]*$/.test(text)) return text;
  return new URLSearchParams(`text=${text}`).get('text') ?? text;
}

/** GitHub, GitLab and Slack can send their JSON as the form's sole field `payload`. */
function wrappedJson(text: string): string | undefined {
  return text.startsWith('payload=') && !text.includes('&')
    ? (new URLSearchParams(text).get('payload') ?? undefined)
    : undefined;
}

/** Senders get the type wrong: RouterOS and `curl -d` call JSON and plain text a form. So the body decides. */
function sniff(text: string, isKnown: (name: string) => boolean): Content {
  const candidate = (wrappedJson(text) ?? text).trimStart();
  if (candidate.startsWith('{') || candidate.startsWith('[')) {
    const reading = readJson(candidate);
    if (reading.ok) return { kind: 'json', value: reading.value };
  }
  const fields = readForm(text, isKnown);
  return fields === undefined
    ? { kind: 'text', text: unescapeForm(text), format: 'plain' }
    : { kind: 'form', fields, text };
}

/**
 * Reads the body as what it is. JSON that is announced as JSON must be right; any other type may carry JSON, a form with
 * at least one known name, or text. `isKnown` gets names as they were sent.
 */
export function readContent(request: IncomingRequest, isKnown: (name: string) => boolean): Content {
  const reading = readText(request.body);
  if (!reading.ok) return { kind: 'unreadable', problems: reading.problems };
  const { text } = reading;
  if (text.trim() === '') return { kind: 'empty' };
  if (jsonType.test(request.headers['content-type'] ?? '')) {
    const json = readJson(text);
    return json.ok
      ? { kind: 'json', value: json.value }
      : { kind: 'unreadable', problems: json.problems };
  }
  const type = mediaType(request);
  if (type.startsWith('multipart/')) {
    const message = 'multipart bodies are not understood; send JSON, a form or plain text';
    return { kind: 'unreadable', problems: [{ place: 'body', message }] };
  }
  if (type.startsWith('text/')) return { kind: 'text', text, format: textFormats[type] ?? 'plain' };
  return sniff(text, isKnown);
}

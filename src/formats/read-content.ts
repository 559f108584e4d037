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

/** Whether a body is a form, by its decoded names in their order; of what cannot be one the name is empty. */
export type FormRecognition = (names: readonly string[]) => boolean;

/** A form with more is no notification. */
const formFieldsMax = 1000;

const textFormats: Readonly<Record<string, 'plain' | 'markdown' | 'html'>> = {
  'text/markdown': 'markdown',
  'text/x-markdown': 'markdown',
  'text/html': 'html',
};

const jsonType = /^[^;]*[/+]json\s*(?:;|$)/i;

/**
 * Whether the Content-Type announces JSON of whatever kind. Of a GET it announces nothing: Argo CD puts plain text under
 * the headers that are configured for all its requests.
 */
function announcesJson({ method, headers }: IncomingRequest): boolean {
  return method !== 'GET' && jsonType.test(headers['content-type'] ?? '');
}

/** The media type without parameters, in lower case; empty if there is none. */
function mediaType(request: IncomingRequest): string {
  return (request.headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
}

/** What programs make of a form: they encode all other signs, so the names in it may be anything. */
const encodedForm = /^[\w.*~+%=&-]*$/;
/** In a form that people write, a name with white space, a colon or a slash is the beginning of a text. */
const fieldName = /^[\p{L}\p{N}_.[\]-]+$/u;

function formNames(text: string): string[] {
  const isEncoded = encodedForm.test(text);
  return text
    .split('&')
    .filter((pair) => pair !== '')
    .map((pair) => {
      const name = pair.includes('=') ? [...new URLSearchParams(pair).keys()][0] : undefined;
      return name !== undefined && (isEncoded || fieldName.test(name)) ? name : '';
    });
}

/** The form's fields, if its names say that it is one: `curl -d "a=b"` claims to be a form and is just text. */
function readForm(
  text: string,
  isForm: FormRecognition,
): Readonly<Record<string, string>> | undefined {
  const trimmed = text.trim();
  if (!trimmed.includes('=') || trimmed.split('&', formFieldsMax + 1).length > formFieldsMax) {
    return undefined;
  }
  return isForm(formNames(trimmed)) ? fieldsOf(new URLSearchParams(trimmed)) : undefined;
}

/** A field that is there several times has all its values, with commas between them. */
function fieldsOf(form: URLSearchParams): Readonly<Record<string, string>> {
  return Object.fromEntries([...form.keys()].map((name) => [name, form.getAll(name).join(', ')]));
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
function sniff(text: string, isForm: FormRecognition): Content {
  const candidate = (wrappedJson(text) ?? text).trimStart();
  if (candidate.startsWith('{') || candidate.startsWith('[')) {
    const reading = readJson(candidate);
    if (reading.ok) return { kind: 'json', value: reading.value };
  }
  const fields = readForm(text, isForm);
  return fields === undefined
    ? { kind: 'text', text: unescapeForm(text), format: 'plain' }
    : { kind: 'form', fields, text };
}

/**
 * Reads the body as what it is. JSON that is announced as JSON must be right, but for a GET; any other type may carry JSON, a form
 * that `isForm` recognises, or text.
 */
export function readContent(request: IncomingRequest, isForm: FormRecognition): Content {
  const reading = readText(request.body);
  if (!reading.ok) return { kind: 'unreadable', problems: reading.problems };
  const { text } = reading;
  if (text.trim() === '') return { kind: 'empty' };
  if (announcesJson(request)) {
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
  return sniff(text, isForm);
}

import { cleanLine, cleanText } from '../notification/clean-text.ts';
import type { Duration } from '../notification/duration.ts';
import type { Notification } from '../notification/notification.ts';
import type { IncomingRequest, Problem } from './format.ts';
import { checkNative, type NativeDocument, nativeNames } from './native-schema.ts';
import { readContent } from './read-content.ts';

export type NativeUnderstanding =
  | {
      readonly ok: true;
      /** What the caller named; undefined: the source's own rooms. */
      readonly rooms: readonly string[] | undefined;
      readonly notification: Notification;
      /** In milliseconds; undefined: as the room is configured. */
      readonly expireAfter?: Duration | undefined;
      readonly lateAfter?: Duration | undefined;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Fields of the query that belong to the call, not to the notification. */
const callFields: ReadonlySet<string> = new Set(['wait']);
/** More would not be read, and are hardly typed by hand. */
const problemsMax = 20;
/** A misspelt name is shown this long, in characters. */
const shownNameLengthMax = 64;

const refused = (place: string, message: string): NativeUnderstanding => ({
  ok: false,
  problems: [{ place, message }],
});

/** RFC 6901. */
function pointer(path: readonly PropertyKey[]): string {
  const parts = path.map((part) =>
    cleanLine(String(part))
      .slice(0, shownNameLengthMax)
      .replaceAll('~', '~0')
      .replaceAll('/', '~1'),
  );
  return parts.length === 0 ? 'body' : `/${parts.join('/').toWellFormed()}`;
}

type Issue = Extract<ReturnType<typeof checkNative>, { ok: false }>['issues'][number];

/** The path in what was sent: the schema turns single texts and objects into lists first. */
function sentPath(document: unknown, path: readonly PropertyKey[]): readonly PropertyKey[] {
  const [top, item, ...rest] = path;
  if (typeof document !== 'object' || document === null || typeof item !== 'number') return path;
  const sent: unknown = Object.entries(document).find(([name]) => name === top)?.[1];
  if (top === undefined || Array.isArray(sent)) return path;
  const key = typeof sent === 'object' && sent !== null ? Object.keys(sent)[item] : undefined;
  return key === undefined ? [top, ...rest] : [top, key];
}

function problemsOf(document: unknown, issues: readonly Issue[]): Problem[] {
  return issues
    .flatMap((issue) =>
      issue.code === 'unrecognized_keys'
        ? issue.keys.map((key) => ({
            place: pointer([...issue.path, key]),
            message: 'not a known name',
          }))
        : [{ place: pointer(sentPath(document, issue.path)), message: issue.message }],
    )
    .slice(0, problemsMax);
}

const truths: Readonly<Record<string, boolean>> = {
  true: true,
  1: true,
  yes: true,
  on: true,
  false: false,
  0: false,
  no: false,
  off: false,
};

function list(text: string): string[] {
  return text.split(/[\s,]+/).filter((item) => item !== '');
}

function readFormValue(name: string, value: string): unknown {
  switch (name) {
    case 'room':
      return list(value);
    case 'mention':
      return value === 'room' || value === '@room' ? 'room' : list(value);
    case 'silent':
      return Object.hasOwn(truths, value.toLowerCase()) ? truths[value.toLowerCase()] : value;
    default:
      return value;
  }
}

const nothing: Record<string, unknown> = {};
const noNames: ReadonlySet<string> = new Set();

/** A form or query as the document: lists with commas, `fields[host]` or `fields.host` as the field `host`. */
function readFields(
  fields: Readonly<Record<string, string>>,
  hidden: ReadonlySet<string> = noNames,
): Record<string, unknown> {
  const given = Object.keys(fields).filter((name) => !hidden.has(name));
  if (given.length === 0) return nothing;
  const document: [string, unknown][] = [];
  const rows: { name: string; value: string }[] = [];
  for (const name of given) {
    const value = fields[name] ?? '';
    const [, bracketed, dotted] = /^fields(?:\[([^\]]+)\]|\.(.+))$/su.exec(name) ?? [];
    const row = bracketed ?? dotted;
    if (row === undefined) document.push([name, readFormValue(name, value)]);
    else rows.push({ name: row, value });
  }
  if (rows.length > 0) document.push(['fields', rows]);
  return Object.fromEntries(document);
}

function isNativeName(name: string): boolean {
  return nativeNames.has(name) || name.startsWith('fields[') || name.startsWith('fields.');
}

/** A text begins with words; a form that is wrong further on is refused, as it may name a room. */
function isForm(names: readonly string[]): boolean {
  return names[0] !== '' && names.some(isNativeName);
}

function readDocument(
  request: IncomingRequest,
): { ok: true; document: unknown } | Extract<NativeUnderstanding, { ok: false }> {
  const rest = readFields(request.query, callFields);
  const content = readContent(request, isForm);
  switch (content.kind) {
    case 'unreadable':
      return { ok: false, problems: content.problems };
    case 'empty':
      return { ok: true, document: rest };
    case 'form':
      return { ok: true, document: { ...rest, ...readFields(content.fields) } };
    case 'text': {
      const markup = content.format === 'plain' ? {} : { format: content.format };
      return { ok: true, document: { ...rest, ...markup, body: content.text } };
    }
    case 'json': {
      const { value } = content;
      const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
      // Whatever is no object is refused by the schema, which says what it wants.
      return { ok: true, document: isObject && rest !== nothing ? { ...rest, ...value } : value };
    }
  }
}

const cleanName = (text: string | undefined): string | undefined =>
  text === undefined ? undefined : cleanLine(text);

/** What is shown stays as it was sent, as rendering cleans it; what names something is clean from here on. */
function notificationOf(document: NativeDocument): Notification {
  return {
    title: document.title,
    body: document.body,
    format: document.format,
    severity: document.severity,
    status: document.status,
    link: document.link,
    links: document.links,
    fields: document.fields?.map(({ name, value }) => ({ name, value: String(value) })),
    key: cleanName(document.key),
    origin: cleanName(document.origin),
    thread: document.thread,
    mention: document.mention,
    silent: document.silent,
  };
}

const saysSomething = (text: string): boolean => cleanText(text).trim() !== '';

function isSilentAbout({ title = '', body, link, links = [], fields = [] }: Notification): boolean {
  if (link !== undefined || links.length > 0 || fields.length > 0) return false;
  return !saysSomething(title) && !saysSomething(body);
}

/**
 * Reads a call of `POST /v1/notifications`: strict JSON, or a form or plain text with the same names in body and query.
 * Everything wrong is reported at once, each with its place.
 */
export function understandNative(request: IncomingRequest): NativeUnderstanding {
  const reading = readDocument(request);
  if (!reading.ok) return reading;
  const checked = checkNative(reading.document);
  if (!checked.ok) return { ok: false, problems: problemsOf(reading.document, checked.issues) };
  const notification = notificationOf(checked.document);
  if (isSilentAbout(notification)) {
    return refused('/body', 'there is nothing to say; give `body` or `title`');
  }
  return {
    ok: true,
    rooms: checked.document.room?.map(cleanLine),
    notification,
    expireAfter: checked.document.expire_after,
    lateAfter: checked.document.late_after,
  };
}

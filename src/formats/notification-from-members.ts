import { cleanLine, cleanText } from '../notification/clean-text.ts';
import type { BodyFormat, Field, Link, Notification } from '../notification/notification.ts';
import { safeUrl } from '../notification/safe-url.ts';
import { shownJson } from './shown-json.ts';
import { readSeverity, readStatus } from './words.ts';

/** A sender's members by their names in lower case. */
export type Members = ReadonlyMap<string, unknown>;

/** The names senders use, the usual one first. */
const names = {
  title: ['title', 'subject', 'summary', 'name'],
  body: ['body', 'message', 'text', 'msg', 'description', 'content'],
  severity: ['severity', 'level', 'priority', 'type'],
  status: ['status', 'state', 'type'],
  link: ['link', 'url', 'click', 'href'],
  links: ['links'],
  fields: ['fields'],
  key: ['key'],
  thread: ['thread'],
  origin: ['origin'],
  silent: ['silent'],
  mention: ['mention'],
  format: ['format', 'markdown'],
  tags: ['tags'],
} as const;

const known: ReadonlySet<string> = new Set(Object.values(names).flat());
/** More rows are no table a person reads in a chat. */
const fieldsMax = 100;
const linksMax = 20;
/** What the outbox keeps of a name, in characters. */
const nameLengthMax = 255;

/** Whether a sender's member of this name, in any case, means something to us. */
export function isKnownName(name: string): boolean {
  return known.has(name.toLowerCase());
}

/** The members of an object, or the fields of a form or query; of equal names the first counts. */
export function membersOf(object: object): Members {
  const members = new Map<string, unknown>();
  for (const [name, value] of Object.entries(object)) {
    const lower = name.toLowerCase();
    if (value !== null && value !== undefined && !members.has(lower)) members.set(lower, value);
  }
  return members;
}

const scalar = (value: unknown): string | undefined =>
  typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? String(value)
    : undefined;

const isBlank = (value: unknown): boolean =>
  typeof value === 'string' && cleanText(value).trim() === '';

function first(members: Members, from: readonly string[]): unknown {
  for (const name of from) {
    const value = members.get(name);
    if (value !== undefined && !isBlank(value)) return value;
  }
  return undefined;
}

function text(members: Members, from: readonly string[]): string | undefined {
  const value = first(members, from);
  return value === undefined ? undefined : (scalar(value) ?? shownJson(value));
}

function name(members: Members, from: readonly string[]): string | undefined {
  const value = scalar(first(members, from));
  const line = value === undefined ? '' : cleanLine(value).slice(0, nameLengthMax).toWellFormed();
  return line === '' ? undefined : line;
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function fieldOf(item: unknown): Field | undefined {
  if (!isObject(item)) return undefined;
  const members = membersOf(item);
  const fieldName = name(members, ['name', 'title', 'key', 'label']);
  const value = first(members, ['value', 'text']);
  return fieldName === undefined || value === undefined
    ? undefined
    : { name: fieldName, value: cleanText(scalar(value) ?? JSON.stringify(value)) };
}

function rowsOf(value: unknown): Field[] {
  if (Array.isArray(value)) return value.map(fieldOf).filter((field) => field !== undefined);
  if (!isObject(value)) return [];
  return Object.entries(value).map(([key, member]) => ({
    name: cleanLine(key).slice(0, nameLengthMax).toWellFormed(),
    value: cleanText(scalar(member) ?? JSON.stringify(member)),
  }));
}

/** A list of named values, or an object's members, as rows; more than 100 are counted in the last one. */
export function fieldsOf(value: unknown): Field[] {
  const all = rowsOf(value);
  if (all.length <= fieldsMax) return all;
  const more = { name: '…', value: `${all.length - fieldsMax + 1} more` };
  return [...all.slice(0, fieldsMax - 1), more];
}

function linkTo(address: string | undefined, label = ''): Link | undefined {
  const url = address === undefined ? undefined : safeUrl(address);
  return url === undefined ? undefined : { label, url };
}

function linkOf(item: unknown): Link | undefined {
  if (typeof item === 'string') return linkTo(item, undefined);
  if (!isObject(item)) return undefined;
  const members = membersOf(item);
  const url = scalar(first(members, ['url', 'href', 'link']));
  return linkTo(url, name(members, ['label', 'title', 'name', 'text']));
}

function linksOf(value: unknown): Link[] | undefined {
  if (!Array.isArray(value)) return undefined;
  const links = value.map(linkOf).filter((link) => link !== undefined);
  return links.length === 0 ? undefined : links.slice(0, linksMax);
}

function listOf(value: unknown): string[] {
  const items = Array.isArray(value) ? value : (scalar(value) ?? '').split(/[\s,]+/);
  return items.map((item) => scalar(item) ?? '').filter((item) => item !== '');
}

function mentionOf(members: Members): Notification['mention'] {
  const wanted = listOf(first(members, names.mention));
  if (wanted.some((item) => item === 'room' || item === '@room')) return 'room';
  const users = wanted.filter((item) => item.startsWith('@'));
  return users.length === 0 ? undefined : users;
}

function isTrue(value: unknown): boolean {
  return /^(?:true|1|yes|on)$/i.test(scalar(value) ?? '');
}

function formatOf(members: Members): BodyFormat {
  const wanted = scalar(members.get('format'))?.trim().toLowerCase();
  if (wanted === 'html') return 'html';
  const isMarkdown = wanted === 'markdown' || wanted === 'md' || isTrue(members.get('markdown'));
  return isMarkdown ? 'markdown' : 'plain';
}

/** The word's meaning, or the word itself as a field, so that nothing said is lost. */
function meaning<Meaning>(
  members: Members,
  from: readonly string[],
  read: (word: string) => Meaning | undefined,
  unread: Field[],
): Meaning | undefined {
  for (const candidate of from) {
    const word = scalar(members.get(candidate));
    if (word === undefined || isBlank(word)) continue;
    // A number as `type` is some enumeration of the sender's.
    if (candidate === 'type' && !Number.isNaN(Number(word))) continue;
    const known = read(word);
    if (known !== undefined) return known;
    if (candidate !== 'type') unread.push({ name: candidate, value: cleanText(word) });
  }
  return undefined;
}

/**
 * The notification these members mean; undefined if they say nothing: no title, body, field or link. A value nobody
 * knows for a severity or status is shown as a field.
 */
export function notificationFromMembers(members: Members): Notification | undefined {
  let title = text(members, names.title);
  let body = text(members, names.body);
  if (body === undefined && title !== undefined) {
    // `summary` beside `title` is what there is to say.
    const rest = names.title.filter((candidate) => members.get(candidate) !== undefined).slice(1);
    body = text(members, rest);
  }
  const unread: Field[] = [];
  const severity = meaning(members, names.severity, readSeverity, unread);
  const status = meaning(members, names.status, readStatus, unread);
  const address = scalar(first(members, names.link));
  const link = address === undefined ? undefined : safeUrl(address);
  // What no message may link to can still be read.
  if (address !== undefined && link === undefined) {
    unread.push({ name: 'link', value: cleanText(address) });
  }
  const links = linksOf(first(members, names.links));
  const rows = fieldsOf(first(members, names.fields));
  const says = title ?? body ?? address ?? links ?? rows[0];
  if (says === undefined) return undefined;
  const tags = listOf(first(members, names.tags)).join(', ');
  if (tags !== '') unread.push({ name: 'tags', value: cleanText(tags) });
  const fields = [...rows, ...unread];
  title = title === undefined ? undefined : cleanText(title);
  return {
    title,
    body: cleanText(body ?? ''),
    format: formatOf(members),
    severity,
    status,
    link,
    links,
    fields: fields.length === 0 ? undefined : fields,
    key: name(members, names.key),
    thread: name(members, names.thread),
    origin: name(members, names.origin),
    silent: isTrue(first(members, names.silent)) || undefined,
    mention: mentionOf(members),
  };
}

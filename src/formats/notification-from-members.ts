import { cleanLine, cleanText } from '../notification/clean-text.ts';
import type { BodyFormat, Link, Notification } from '../notification/notification.ts';
import { safeUrl } from '../notification/safe-url.ts';
import { fieldsOf } from './fields-of.ts';
import { MemberReader } from './member-reader.ts';
import { type Members, membersOf, scalar } from './members.ts';
import { noiseOf } from './noise-of.ts';
import { shownJson } from './shown-json.ts';
import { unreadFields } from './unread-fields.ts';
import { readSeverity, readStatus } from './words.ts';

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
const linksMax = 20;
/** What the outbox keeps of a name, in characters. */
const nameLengthMax = 255;

/** Whether a sender's member of this name, in any case, means something to us. */
export function isKnownName(name: string): boolean {
  return known.has(name.toLowerCase());
}

function text(members: MemberReader, from: readonly string[]): string | undefined {
  const value = members.take(from);
  return value === undefined ? undefined : cleanText(scalar(value) ?? shownJson(value));
}

const nameOf = (value: unknown): string =>
  cleanLine(scalar(value) ?? '')
    .slice(0, nameLengthMax)
    .toWellFormed();

/** The name, if it is one: a nested value or an event id that is none is left to be shown. */
function name(
  members: MemberReader,
  from: 'key' | 'thread' | 'origin',
  pattern = /./u,
): string | undefined {
  const line = nameOf(members.value(from));
  if (!pattern.test(line)) return undefined;
  members.understand(from);
  return line;
}

function linkTo(address: string | undefined, label = ''): Link | undefined {
  const url = address === undefined ? undefined : safeUrl(address);
  return url === undefined ? undefined : { label, url };
}

function linkOf(item: unknown): Link | undefined {
  if (typeof item === 'string') return linkTo(item);
  if (typeof item !== 'object' || item === null) return undefined;
  const members = new MemberReader(membersOf(item));
  const url = scalar(members.take(['url', 'href', 'link']));
  return linkTo(url, nameOf(members.take(['label', 'title', 'name', 'text'])));
}

function linksOf(members: MemberReader): Link[] | undefined {
  const value = members.value('links');
  if (!Array.isArray(value)) return undefined;
  const links = value.map(linkOf).filter((link) => link !== undefined);
  if (links.length === 0) return undefined;
  members.understand('links');
  return links.slice(0, linksMax);
}

/** The first address a message may link to; the others can still be read. */
function addressOf(members: MemberReader): string | undefined {
  for (const candidate of names.link) {
    const url = safeUrl(scalar(members.value(candidate)) ?? '');
    if (url === undefined) continue;
    members.understand(candidate);
    return url;
  }
  return undefined;
}

function listOf(value: unknown): string[] {
  const items = Array.isArray(value) ? value : (scalar(value) ?? '').split(/[\s,]+/);
  return items.map((item) => scalar(item) ?? '').filter((item) => item !== '');
}

function mentionOf(members: MemberReader): Notification['mention'] {
  const wanted = listOf(members.value('mention'));
  const users = wanted.filter((item) => item.startsWith('@') && item !== '@room');
  const isRoom = wanted.some((item) => item === 'room' || item === '@room');
  if (!isRoom && users.length === 0) return undefined;
  members.understand('mention');
  return isRoom ? 'room' : users;
}

function tagsOf(members: MemberReader): string {
  const tags = listOf(members.value('tags')).join(', ');
  if (tags !== '') members.understand('tags');
  return tags;
}

/** Whether the member says yes; undefined if it says neither yes nor no. */
function truth(members: MemberReader, from: 'silent' | 'markdown'): boolean | undefined {
  const word = scalar(members.value(from))?.trim() ?? '';
  const isYes = /^(?:true|1|yes|on)$/i.test(word);
  if (!isYes && !/^(?:false|0|no|off)$/i.test(word)) return undefined;
  members.understand(from);
  return isYes;
}

const formatWords: Readonly<Record<string, BodyFormat>> = {
  html: 'html',
  markdown: 'markdown',
  md: 'markdown',
  plain: 'plain',
  text: 'plain',
};

function formatOf(members: MemberReader): BodyFormat {
  const word = scalar(members.value('format'))?.trim().toLowerCase() ?? '';
  const wanted = Object.hasOwn(formatWords, word) ? formatWords[word] : undefined;
  if (wanted !== undefined) members.understand('format');
  const isMarkdown = truth(members, 'markdown') === true;
  return wanted === 'html' || !isMarkdown ? (wanted ?? 'plain') : 'markdown';
}

/** The meaning of the first word that has one; words that mean the same need not be shown either. */
function meaning<Meaning>(
  members: MemberReader,
  from: readonly string[],
  read: (word: string) => Meaning | undefined,
): Meaning | undefined {
  let found: Meaning | undefined;
  for (const candidate of from) {
    const word = scalar(members.value(candidate));
    // A number as `type` is some enumeration of the sender's.
    if (word === undefined || (candidate === 'type' && !Number.isNaN(Number(word)))) continue;
    const meant = read(word);
    found ??= meant;
    if (meant !== undefined && meant === found) members.understand(candidate);
  }
  return found;
}

/**
 * The notification these members mean; undefined if they say nothing: no title, body, field or link. Whatever else was
 * sent becomes its fields.
 */
export function notificationFromMembers(sent: Members): Notification | undefined {
  const members = new MemberReader(sent);
  const title = text(members, names.title);
  // `summary` beside `title` is what there is to say.
  const body = text(members, names.body) ?? (title && text(members, names.title));
  const hasAddress = names.link.some((from) => scalar(members.value(from)) !== undefined);
  const link = addressOf(members);
  const links = linksOf(members);
  const rows = fieldsOf(members.value('fields'));
  if (rows.length > 0) members.understand('fields');
  if ((title ?? body ?? links ?? rows[0]) === undefined && !hasAddress) return undefined;
  const meant = {
    severity: meaning(members, names.severity, readSeverity),
    status: meaning(members, names.status, readStatus),
    key: name(members, 'key'),
    thread: name(members, 'thread', /^\$\S+$/u),
    origin: name(members, 'origin'),
    silent: truth(members, 'silent') || undefined,
    mention: mentionOf(members),
    format: formatOf(members),
  };
  const tags = tagsOf(members);
  if (tags !== '') rows.push({ name: 'tags', value: cleanText(tags) });
  for (const noise of noiseOf(sent)) members.understand(noise);
  const said = [title, body].map((words) => words?.trim() ?? '');
  const fields = [...rows, ...unreadFields(members.rest(), said)];
  return {
    ...meant,
    title,
    body: body ?? '',
    link,
    links,
    fields: fields.length === 0 ? undefined : fields,
  };
}

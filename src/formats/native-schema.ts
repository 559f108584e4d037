import { z } from 'zod';
import { type Duration, parseDuration } from '../notification/duration.ts';
import {
  type BodyFormat,
  bodyFormats,
  type Link,
  type Severity,
  type Status,
  severities,
  statuses,
} from '../notification/notification.ts';
import { safeUrl } from '../notification/safe-url.ts';
import {
  expected,
  mentionPattern,
  mentionsMax,
  nameLengthMax,
  threadPattern,
  titleLengthMax,
} from './native-limits.ts';

/** One call can reach this many rooms: each is an entry of its own. */
const roomsMax = 20;
const linksMax = 20;
const fieldsMax = 100;

const name = z.string().min(1).max(nameLengthMax);

const url = z.string().refine((value) => safeUrl(value) !== undefined, expected.url);

const duration = z.string().transform((value, context) => {
  const read = parseDuration(value);
  if (read !== undefined) return read;
  context.addIssue({
    code: 'custom',
    message: 'expected a duration such as 30s, 5m, 2h, 7d, or never',
  });
  return z.NEVER;
});

const oneOrMore = (item: unknown): unknown => (typeof item === 'string' ? [item] : item);

const fieldValue = z.union([z.string(), z.number(), z.boolean()], {
  error: 'expected a text, number or boolean',
});

/** An object's members and a list of names with values mean the same. */
function fieldList(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).map(([field, member]) => ({ name: field, value: member }))
    : value;
}

const userId = z.string().regex(mentionPattern, expected.userId);

const mention = z.union([z.literal('room'), z.array(userId).max(mentionsMax)], {
  error: expected.mention,
});

/** What a document means that does not say otherwise. */
const defaults = { body: '', format: 'plain' } as const;

const schema = z.strictObject({
  room: z.preprocess(oneOrMore, z.array(name).min(1).max(roomsMax)).optional(),
  title: z.string().max(titleLengthMax).optional(),
  body: z.string().default(defaults.body),
  format: z.enum(bodyFormats).default(defaults.format),
  severity: z.enum(severities).optional(),
  status: z.enum(statuses).optional(),
  link: url.optional(),
  links: z
    .array(z.strictObject({ label: z.string().max(nameLengthMax).default(''), url }))
    .max(linksMax)
    .optional(),
  fields: z
    .preprocess(fieldList, z.array(z.strictObject({ name, value: fieldValue })).max(fieldsMax))
    .optional(),
  key: name.optional(),
  origin: name.optional(),
  thread: z.string().regex(threadPattern, expected.thread).max(nameLengthMax).optional(),
  mention: z.preprocess((item) => (item === 'room' ? item : oneOrMore(item)), mention).optional(),
  silent: z.boolean().optional(),
  expire_after: duration.optional(),
  late_after: duration.optional(),
});

/** The document of `POST /v1/notifications`, once it is known to be right. */
export interface NativeDocument {
  readonly room?: string[] | undefined;
  readonly title?: string | undefined;
  readonly body: string;
  readonly format: BodyFormat;
  readonly severity?: Severity | undefined;
  readonly status?: Status | undefined;
  readonly link?: string | undefined;
  readonly links?: Link[] | undefined;
  readonly fields?: { name: string; value: string | number | boolean }[] | undefined;
  readonly key?: string | undefined;
  readonly origin?: string | undefined;
  readonly thread?: string | undefined;
  readonly mention?: 'room' | string[] | undefined;
  readonly silent?: boolean | undefined;
  readonly expire_after?: Duration | undefined;
  readonly late_after?: Duration | undefined;
}

type Issue = z.core.$ZodIssue;

/** The names the document may have at its top. */
export const nativeNames: ReadonlySet<string> = new Set(Object.keys(schema.shape));

const isText = (value: unknown): boolean => typeof value === 'string';
const isName = (value: unknown): boolean =>
  typeof value === 'string' && value !== '' && value.length <= nameLengthMax;
const isOneOf =
  (words: readonly unknown[]) =>
  (value: unknown): boolean =>
    words.includes(value);

/** The members that nearly all documents have and no others, when each is a single text. */
const usualMembers: ReadonlyMap<string, (value: unknown) => boolean> = new Map([
  ['room', isName],
  ['title', (value) => typeof value === 'string' && value.length <= titleLengthMax],
  ['body', isText],
  ['severity', isOneOf(severities)],
  ['status', isOneOf(statuses)],
  ['key', isName],
  ['origin', isName],
]);

type UsualDocument = Partial<
  Pick<NativeDocument, 'title' | 'body' | 'severity' | 'status' | 'key' | 'origin'>
> & { readonly room?: string };

/** Reads what nearly all documents are like, in a fraction of the schema's time; undefined: the schema must tell. */
function readUsual(value: unknown): NativeDocument | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members) {
    if (usualMembers.get(name)?.(members[name]) !== true) return undefined;
  }
  const { room, title, body, severity, status, key, origin } = members as UsualDocument;
  return {
    room: room === undefined ? undefined : [room],
    title,
    body: body ?? defaults.body,
    format: defaults.format,
    severity,
    status,
    key,
    origin,
  };
}

/** The document, or everything that is wrong with it. */
export function checkNative(
  value: unknown,
): { ok: true; document: NativeDocument } | { ok: false; issues: readonly Issue[] } {
  const usual = readUsual(value);
  if (usual !== undefined) return { ok: true, document: usual };
  const result = schema.safeParse(value);
  return result.success
    ? { ok: true, document: result.data }
    : { ok: false, issues: result.error.issues };
}

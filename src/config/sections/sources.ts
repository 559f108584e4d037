import { z } from 'zod';
import { type BuildContext, secretReference } from '../build-context.ts';
import { type SourceConfig, type SourceFormat, sourceFormats } from '../config.ts';
import { duration, name, path, rate, roomWish, type Shape, token } from '../fields.ts';
import type { Path } from '../place.ts';
import type { Rate } from '../rate.ts';
import type { Secret, SecretReference } from '../secret.ts';

/** A source as the file has it. */
export interface SourceInput {
  readonly format: SourceFormat;
  readonly token: Secret | undefined;
  readonly token_file: string | undefined;
  readonly auth: 'none' | undefined;
  readonly room: string | readonly string[] | undefined;
  readonly allow: readonly string[] | undefined;
  readonly origins: Readonly<Record<string, string>>;
  readonly dedupe_window: number;
  readonly rate: Rate | undefined;
}

/** One call is stored as a whole; see `Submission.entries`. */
const roomsPerCallMax = 100;
/** More rooms or origins than one sender has; each is looked up by name. */
const namesMax = 10_000;

const shape: Shape<SourceInput> = {
  format: z
    .enum(sourceFormats)
    .default('auto')
    .describe('What it speaks; with anything but `auto` nothing else is accepted.'),
  token: token.optional().describe('The token its requests carry.'),
  token_file: path.optional().describe('A file with the token.'),
  auth: z
    .literal('none')
    .optional()
    .describe('`none` instead of a token: anybody who reaches the listener may send.'),
  room: z
    .union([roomWish, z.array(roomWish).min(1).max(roomsPerCallMax)])
    .optional()
    .describe('The room, or the list of rooms, of a call that names none.'),
  allow: z
    .array(roomWish)
    .max(namesMax)
    .optional()
    .describe('Rooms that a call may name, beside `room`. Default: none.'),
  origins: z
    .record(z.string().min(1).max(255), roomWish)
    .default({})
    .describe(
      'For calls of these origins (scripts, jobs, checks): another room instead of `room`.',
    ),
  dedupe_window: duration
    .prefault('0s')
    .describe('Equal requests within this time count as one message.'),
  rate: rate
    .optional()
    .describe(
      'Most requests it may make, such as `10/s`; above it they are told 503. Default: any.',
    ),
};

/** The configured callers of the gateway, by name. */
export const sourcesSchema: z.ZodType<Record<string, SourceInput>> = z.record(
  name,
  z.strictObject(shape),
);

/** Messages of the command line are kept under this name. */
const reservedName = 'local';

/** Gives the name of the configured room that a text at `path` means; reports it if there is none. */
export type FindRoom = (text: string, path: Path) => string | undefined;

function toToken(
  input: SourceInput,
  place: Path,
  context: BuildContext,
): SecretReference | undefined {
  const tokenKey = ['token', 'token_file'].find((key) => context.has([...place, key]));
  if (tokenKey !== undefined && context.has([...place, 'auth'])) {
    context.report([...place, 'auth'], `stands beside ${tokenKey}; keep one of them`);
  }
  if (tokenKey === undefined && !context.has([...place, 'auth'])) {
    context.report(place, 'has no token; give it `token_file` (or `token`), or say `auth: none`');
  }
  return secretReference(context, place, 'token', input.token, input.token_file);
}

/** One source, its rooms by their configured names. */
export function toSource(
  sourceName: string,
  input: SourceInput,
  context: BuildContext,
  findRoom: FindRoom,
): SourceConfig {
  const place = ['sources', sourceName];
  const find = (texts: readonly string[], key: string): string[] =>
    texts
      .map((text, index) => findRoom(text, [...place, key, index]))
      .filter((found) => found !== undefined);
  const single =
    typeof input.room === 'string' ? findRoom(input.room, [...place, 'room']) : undefined;
  const rooms =
    typeof input.room === 'object'
      ? find(input.room, 'room')
      : single === undefined
        ? []
        : [single];
  const origins = Object.entries(input.origins).flatMap(([origin, text]) => {
    const found = findRoom(text, [...place, 'origins', origin]);
    return found === undefined ? [] : [[origin, found] as const];
  });
  if (!['room', 'allow', 'origins'].some((key) => context.has([...place, key]))) {
    context.report(place, 'has no room; give it `room`, `allow` or `origins`');
  }
  if (sourceName === reservedName) {
    context.report(place, 'is the name of what the command line sends; choose another');
  }
  return {
    name: sourceName,
    format: input.format,
    token: toToken(input, place, context),
    rooms: [...new Set(rooms)],
    allow: [...new Set([...rooms, ...find(input.allow ?? [], 'allow')])],
    origins: new Map(origins),
    dedupeWindowMs: input.dedupe_window,
    rate: input.rate,
  };
}

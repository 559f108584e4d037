import { isIP } from 'node:net';
import { z } from 'zod';
import { parseRoomReference, parseUserId, type RoomReference, type UserId } from '../matrix/ids.ts';
import { parseDuration } from './duration.ts';
import { isListenAddress } from './listen-address.ts';
import { parseRate, type Rate } from './rate.ts';
import { Secret } from './secret.ts';
import { parseSize } from './size.ts';
import { isToken } from './token.ts';
import { parseHomeserverAddress, parseWebAddress } from './web-address.ts';

/** The schemas of a section's keys; their types are written down so that they can be read. */
export type Shape<T> = { readonly [Key in keyof T]-?: z.ZodType<T[Key]> };

/** What the JSON Schema says of a text: its kind, and the pattern that editors check. */
interface TextKind {
  readonly title: string;
  readonly pattern?: string;
}

/** A text that `parse` understands; `message` says what would be right. */
function text<T>(
  kind: TextKind,
  parse: (value: string) => T | undefined,
  message: string,
): z.ZodType<T, string> {
  return z
    .string()
    .meta({ ...kind })
    .transform((value, context) => {
      const parsed = parse(value);
      if (parsed !== undefined) return parsed;
      context.addIssue({ code: 'custom', message });
      return z.NEVER;
    });
}

/** A wish that may also be `never`. */
export interface Span {
  /** Undefined: never. */
  readonly ms: number | undefined;
}

/** `5m`, `7d`, in milliseconds. */
export const duration: z.ZodType<number, string> = text(
  { title: 'duration', pattern: '^\\d+(ms|s|m|h|d|w)$' },
  parseDuration,
  'must be a duration such as 30s, 5m, 12h or 7d, at most ten years',
);

/** `5m`, `7d` or `never`. */
export const span: z.ZodType<Span, string> = text(
  { title: 'duration', pattern: '^(\\d+(ms|s|m|h|d|w)|never)$' },
  (value) => {
    const ms = parseDuration(value);
    return value === 'never' || ms !== undefined ? { ms } : undefined;
  },
  'must be a duration such as 30s, 5m, 12h or 7d, at most ten years, or never',
);

/** `64KiB`, `1MiB`, in bytes, between the two bounds. */
export function size(
  bytesMin: number,
  bytesMax: number,
  bounds: string,
): z.ZodType<number, string> {
  return text(
    { title: 'size', pattern: '^\\d+ ?(B|kB|MB|GB|KiB|MiB|GiB)$' },
    (value) => {
      const bytes = parseSize(value);
      return bytes !== undefined && bytes >= bytesMin && bytes <= bytesMax ? bytes : undefined;
    },
    `must be a size such as 64KiB or 1MiB, ${bounds}`,
  );
}

/** `10/s`, `100/m`. */
export const rate: z.ZodType<Rate, string> = text(
  { title: 'rate', pattern: '^[1-9]\\d*/(s|m|h)$' },
  parseRate,
  'must be a rate such as 10/s, 100/m or 5000/h',
);

/** A base address of http or https, without trailing slash. */
export const webAddress: z.ZodType<string, string> = text(
  { title: 'address', pattern: '^https?://' },
  parseWebAddress,
  'must be an address such as https://matrix.example.org, without user, query or fragment',
);

/** The base address of a homeserver, without the path of its API. */
export const homeserverAddress: z.ZodType<string, string> = text(
  { title: 'address', pattern: '^https?://' },
  parseHomeserverAddress,
  'must be an address such as https://matrix.example.org, without user, query or fragment, and without /_matrix',
);

/** `host:port` or `unix:PATH`. */
export const listenAddress: z.ZodType<string, string> = text(
  { title: 'listen address' },
  (value) => (isListenAddress(value) ? value : undefined),
  'must be host:port, such as 127.0.0.1:8480 or [::1]:8480, or unix:PATH; 0.0.0.0:8480 listens everywhere',
);

/** An IP address or a network in CIDR notation. */
export const network: z.ZodType<string, string> = text(
  { title: 'IP address or network' },
  (value) => (isNetwork(value) ? value : undefined),
  'must be an IP address or a network, such as 10.0.0.0/8',
);

function isNetwork(value: string): boolean {
  const [address = '', prefix, ...rest] = value.split('/');
  const family = isIP(address);
  if (family === 0 || rest.length > 0) return false;
  return (
    prefix === undefined ||
    (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (family === 4 ? 32 : 128))
  );
}

/** `!id` or `#alias:server`. */
export const roomReference: z.ZodType<RoomReference, string> = text(
  { title: 'room id or alias', pattern: '^[!#]' },
  parseRoomReference,
  'must be a room id ("!…") or an alias ("#name:server")',
);

/** `@localpart:server` */
export const userId: z.ZodType<UserId, string> = text(
  { title: 'user id', pattern: '^@.+:.+$' },
  parseUserId,
  'must be a user id such as "@bellhop:example.org"',
);

/** A secret that requests carry in a header. */
export const token: z.ZodType<Secret, string> = text(
  { title: 'token' },
  (value) => (isToken(value) ? new Secret(value) : undefined),
  'must be printable ASCII without spaces, at most 4096 characters',
);

/** Longer than any password a homeserver takes. */
const secretLengthMax = 4096;

/** Any secret text. */
export const secretText: z.ZodType<Secret, string> = text(
  { title: 'secret' },
  (value) => (value !== '' && value.length <= secretLengthMax ? new Secret(value) : undefined),
  'must be 1 to 4096 characters',
);

/** A path of a file or directory; relative to the configuration file. */
export const path: z.ZodType<string, string> = text(
  { title: 'path' },
  (value) => (value !== '' && !value.includes('\0') ? value : undefined),
  'must be a path',
);

/** What a section's entries may be called: such names also are user names, metric labels and parts of paths. */
export const name: z.ZodString = z
  .string()
  .regex(
    /^[a-z][a-z0-9_.-]{0,63}$/,
    'must be a name of lower-case letters, digits, ".", "_" and "-" that begins with a letter, at most 64 characters',
  );

/** Where a room is asked for: a configured name, a room id or an alias; whether the name exists is checked later. */
export const roomWish: z.ZodType<string, string> = text(
  { title: 'room' },
  (value) => (value === '' ? undefined : value),
  'must be the name of a configured room, a room id or an alias',
);

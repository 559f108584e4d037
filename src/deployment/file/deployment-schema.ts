import { z } from 'zod';
import { parseBaseUrl } from '../../matrix/base-url.ts';
import type { FileContent } from './file-content.ts';

/** Synapse takes no longer alias; with the server's name they share 255 bytes. */
const aliasCharactersMax = 200;
/** Clients cut longer names; the specification sets no limit. */
const nameCharactersMax = 255;
/** A topic is shown in a line or two; an event holds 64 KiB. */
const topicCharactersMax = 10_000;
/** An event must hold it twice, as text and as what was pinned. */
const pinnedCharactersMax = 10_000;
/** Every room costs some requests at each look; more than this is a mistake. */
const roomsMax = 1000;

const mustBeAddress =
  'must be an address such as https://matrix.example.org, without user, query or fragment, and without /_matrix';

const level = z.int().describe('A power level.');
const levels = z.record(z.string().min(1).max(255), level);
const aliasName = z
  .string()
  .max(aliasCharactersMax)
  .regex(/^[^#:\s\p{Cc}]+$/u, 'must be an alias without "#" and without its server, as in general')
  .describe('The localpart of an alias on this homeserver.');
const key = z
  .string()
  .regex(/^[a-z0-9][a-z0-9_-]{0,63}$/, 'must be lower-case letters, digits, "-" and "_"');
const driftMode = z.enum(['enforce', 'ignore', 'once']);

/** The fields whose drift can be treated differently. */
const driftFields = z.enum([
  'name',
  'topic',
  'avatar',
  'join_rule',
  'encryption',
  'history_visibility',
  'guest_access',
  'power_levels',
  'acl',
  'pinned',
  'link',
]);
const drift = z
  .partialRecord(driftFields, driftMode)
  .describe(
    'What happens to a field that somebody changed: enforce (set it again; for fields of the file), once (tell it; for fields the file does not name) or ignore.',
  );

const powerLevels = z
  .strictObject({
    users: z.record(z.string(), level).optional().describe('Levels of users that have no role.'),
    users_default: level.optional(),
    events: levels.optional().describe('Levels by event type; others keep theirs.'),
    events_default: level.optional(),
    state_default: level.optional(),
    ban: level.optional(),
    kick: level.optional(),
    redact: level.optional(),
    invite: level.optional(),
    notifications: levels.optional(),
  })
  .describe('What takes how much power. What is not named keeps the level it has.');

const acl = z
  .strictObject({
    allow: z.array(z.string().min(1)).min(1).default(['*']),
    deny: z.array(z.string().min(1)).default([]),
    allow_ip_literals: z.boolean().default(false),
  })
  .describe('Which servers may take part (m.room.server_acl).');

const shared = {
  room: z.string().optional().describe('An existing room to take over: its id or an alias.'),
  alias: aliasName.optional(),
  aliases: z.array(aliasName).max(100).default([]).describe('Further aliases.'),
  if_taken: z
    .enum(['refuse', 'adopt', 'replace'])
    .default('refuse')
    .describe('What to do if the alias leads to a room that the bot did not make.'),
  name: z.string().min(1).max(nameCharactersMax).optional(),
  topic: z.string().max(topicCharactersMax).optional(),
  avatar: z
    .string()
    .regex(/^mxc:\/\/[^/\s]+\/[0-9A-Za-z_-]+$/, 'must be an mxc:// address')
    .optional(),
  history_visibility: z.enum(['joined', 'invited', 'shared', 'world_readable']).optional(),
  guest_access: z.enum(['forbidden', 'can_join']).optional(),
  power_levels: powerLevels.optional(),
  acl: acl.optional(),
  drift: drift.optional(),
};

const space = z.strictObject({
  ...shared,
  key: key.default('space'),
  join_rule: z.enum(['public', 'invite', 'knock']).optional(),
});

const room = z.strictObject({
  ...shared,
  join_rule: z.enum(['public', 'invite', 'knock', 'restricted', 'knock_restricted']).optional(),
  encryption: z.boolean().optional().describe('True can never be taken back.'),
  calls: z.enum(['everyone', 'moderators']).optional().describe('Who may call.'),
  pinned: z
    .string()
    .min(1)
    .max(pinnedCharactersMax)
    .optional()
    .describe('A text that stands pinned on top; only where encryption is false.'),
  suggested: z.boolean().optional().describe('Whether the space recommends it.'),
  order: z
    .string()
    .regex(/^[\x20-\x7e]{1,50}$/, 'must be 1 to 50 characters of ASCII')
    .optional()
    .describe('Where the space lists it.'),
});

const role = z.strictObject({
  rooms: z.array(key).describe('Keys of rooms, and of the space.'),
  level: level.default(0),
});

const bot = z.strictObject({
  username: z
    .string()
    .regex(/^[a-z0-9._=/+-]{1,200}$/, 'must be a localpart, without "@" and without server')
    .refine((name) => !name.startsWith('_'), 'must not begin with "_"')
    .refine((name) => /\D/.test(name), 'must not be digits alone'),
  registration_secret: z.string().min(1).optional(),
  registration_secret_file: z.string().min(1).optional(),
  token_file: z.string().min(1),
});

const deploymentSchema: z.ZodType<FileContent> = z.strictObject({
  name: key.default('main').describe('Tells several deployments of one bot apart.'),
  homeserver: z
    .string({ error: mustBeAddress })
    .refine((text) => parseBaseUrl(text) !== undefined, mustBeAddress)
    .meta({ format: 'uri', description: 'Base URL of the homeserver.' }),
  server_name: z
    .string()
    .regex(/^[0-9A-Za-z.:[\]-]{1,230}$/, 'must be the name of the homeserver, as in example.org'),
  bot,
  room_version: z.string().min(1).max(32).optional().describe('Of rooms that are made.'),
  federation: z.boolean().default(false).describe('Fixed for ever when a room is made.'),
  drift: drift.optional(),
  space: space.optional(),
  rooms: z
    .record(key, room)
    .refine((rooms) => Object.keys(rooms).length <= roomsMax, `must be at most ${roomsMax} rooms`)
    .default({}),
  roles: z.record(key, role).default({}),
  people: z.unknown().optional().describe('See the guide on people.'),
});

/** The JSON Schema of the deployment file, for editors. */
export function deploymentJsonSchema(): object {
  return z.toJSONSchema(deploymentSchema, { io: 'input' });
}

/** The file's value with its defaults, or everything the schema finds wrong. */
export function readFileContent(value: unknown): z.ZodSafeParseResult<FileContent> {
  return deploymentSchema.safeParse(value);
}

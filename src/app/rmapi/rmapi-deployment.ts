import type { RmapiConfig } from '../../config/rmapi-environment.ts';
import type { RmapiVariable } from '../../config/rmapi-variables.ts';
import type { LevelsContent } from '../../deployment/file/file-content.ts';
import type { Place } from '../../deployment/file/file-problem.ts';
import { parseDeployment } from '../../deployment/file/parse-deployment.ts';
import { Failure } from '../../errors.ts';
import { parsePeople } from '../../people/file/parse-people.ts';
import type { DeploymentFile } from '../deployment/read-deployment-file.ts';

/** What the drop-in's rooms are made from. */
export type RmapiDeploymentSettings = Pick<
  RmapiConfig,
  | 'synapseUrl'
  | 'serverName'
  | 'botLocalpart'
  | 'registrationSecret'
  | 'tokenFile'
  | 'roomVersion'
  | 'federation'
  | 'nameRule'
> & { readonly door: Pick<RmapiConfig['door'], 'deployment' | 'callerCommonName'> };

/** Where everybody may be, in the original's order. */
const commonRooms = ['space', 'general', 'helpdesk', 'offtopic'] as const;
/** Above every member, and below the bot, who must be able to take it back. */
const adminLevel = 100;
/** Where moderators begin in the specification; Synapse lets everybody invite into a private room otherwise. */
const moderatorLevel = 50;

/** What people say. In encrypted rooms it is all of one type, but for what is never encrypted. */
const talk = [
  'm.room.message',
  'm.room.encrypted',
  'm.sticker',
  'm.reaction',
  'm.room.redaction',
] as const;
/** What a room is, and who comes in; what protects it is held at its own level in every room. */
const settings = [
  'm.room.name',
  'm.room.topic',
  'm.room.avatar',
  'm.room.canonical_alias',
  'm.room.pinned_events',
  'm.room.join_rules',
  'm.room.guest_access',
  'm.room.third_party_invite',
  'm.space.parent',
] as const;

const levelOf = (types: readonly string[], level: number): Readonly<Record<string, number>> =>
  Object.fromEntries(types.map((type) => [type, level]));

/**
 * All levels of a room, where people of `talkLevel` may speak. One that is not named keeps what somebody with power gave
 * it, also after that power is taken: a room could stay mute, or nobody be put out of it any more.
 */
function levels(talkLevel: number): LevelsContent {
  return {
    users_default: 0,
    events_default: talkLevel,
    state_default: moderatorLevel,
    ban: moderatorLevel,
    kick: moderatorLevel,
    redact: moderatorLevel,
    invite: moderatorLevel,
    events: { ...levelOf(talk, talkLevel), ...levelOf(settings, moderatorLevel) },
    notifications: { room: moderatorLevel },
  };
}

const messages = {
  guest_access: 'forbidden',
  power_levels: levels(0),
  encryption: true,
  history_visibility: 'joined',
  calls: 'everyone',
} as const;

/** The rooms that whoever is in the space may enter. */
const open = { ...messages, join_rule: 'restricted' } as const;

/** The rooms of python-matrix-rmapi, with its aliases, names and topics. */
function rooms(deployment: string): object {
  return {
    admin: {
      ...messages,
      alias: `${deployment}-admin`,
      name: '96-Admin channel',
      join_rule: 'invite',
    },
    general: {
      ...open,
      alias: `${deployment}-general`,
      name: '98-General',
      topic: 'Work discussion that does not fit any other room.',
    },
    helpdesk: {
      ...open,
      alias: `${deployment}-helpdesk`,
      name: '99-Helpdesk',
      topic: 'Report issues and get help from here.',
    },
    offtopic: {
      ...open,
      alias: `${deployment}-offtopic`,
      name: '97-Offtopic',
      topic: 'Everything that is not about the topics or work.',
    },
  };
}

/** Links of a space decide where its members are led, and nobody chats in one. */
function space(deployment: string): object {
  const here = levels(adminLevel);
  return {
    guest_access: 'forbidden',
    alias: `${deployment}-space`,
    name: deployment,
    join_rule: 'invite',
    history_visibility: 'shared',
    power_levels: { ...here, events: { ...here.events, 'm.space.child': adminLevel } },
  };
}

/** Where a value that the file's own check refuses comes from; all others are made of the deployment's name. */
const sources: ReadonlyMap<unknown, RmapiVariable> = new Map([
  ['homeserver', 'SYNAPSE_URL'],
  ['server_name', 'SERVER_DOMAIN'],
  ['bot', 'SYNAPSE_BOT_USERNAME'],
  ['room_version', 'BELLHOP_RMAPI_ROOM_VERSION'],
]);

const sourceOf = (path: Place): string =>
  sources.get(path[0]) ?? `manifest: deployment, for ${path.join('.')}`;

/**
 * The deployment that python-matrix-rmapi sets up, as if a file said it; its paths are absolute if the token file's is.
 * Admins have power in every room but their own, where all are equal.
 *
 * @throws Failure rmapi_invalid, when names of the manifest cannot be names of rooms
 */
export function rmapiDeployment(settings: RmapiDeploymentSettings): DeploymentFile {
  const { door, roomVersion } = settings;
  const parsed = parseDeployment({
    name: 'rmapi',
    homeserver: settings.synapseUrl,
    server_name: settings.serverName,
    bot: {
      username: settings.botLocalpart,
      registration_secret: settings.registrationSecret.reveal(),
      token_file: settings.tokenFile,
    },
    ...(roomVersion !== undefined && { room_version: roomVersion }),
    federation: settings.federation,
    space: space(door.deployment),
    rooms: rooms(door.deployment),
    roles: {
      member: { rooms: commonRooms, level: 0 },
      admin: { rooms: commonRooms, level: adminLevel },
      'admin-channel': { rooms: ['admin'], level: 0 },
    },
    people: {
      names: settings.nameRule,
      reserved: [door.callerCommonName],
      default_roles: ['member'],
      admin_roles: ['admin', 'admin-channel'],
    },
  });
  const people = parsed.ok ? parsePeople(parsed.deployment) : parsed;
  if (parsed.ok && people.ok) return { desired: parsed.deployment, people: people.settings };
  const problems = people.ok ? [] : people.problems;
  throw new Failure('rmapi_invalid', {
    problems: problems.map(({ path, message }) => `${sourceOf(path)}: ${message}`),
  });
}

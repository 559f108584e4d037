import {
  type MxcUri,
  parseMxcUri,
  parseRoomAlias,
  parseRoomReference,
  type RoomAlias,
  type RoomReference,
} from '../../matrix/ids.ts';
import type { DesiredRoom, DriftMode, ServerAcl, Wanted } from '../desired.ts';
import { buildLevels } from './build-levels.ts';
import type { DriftContent, RoomContent } from './file-content.ts';
import type { Place, ProblemSink } from './file-problem.ts';

/** What a room's value in the file needs beside itself. */
export interface RoomContext {
  readonly serverName: string;
  readonly hasSpace: boolean;
  /** The file's own `drift`, which holds where the room's says nothing. */
  readonly drift: DriftContent;
  readonly path: Place;
  readonly sink: ProblemSink;
}

/** A room's value in the file, with what only the place tells. */
export interface KeyedRoom extends RoomContent {
  readonly key: string;
  readonly kind: 'space' | 'room';
}

/**
 * A room of the file. What it does not say is set when the room is made, to what lets nobody in or listen who need
 * not, and left alone afterwards.
 */
export function buildRoom(room: KeyedRoom, context: RoomContext): DesiredRoom {
  const isSpace = room.kind === 'space';
  const drift: DriftContent = { ...context.drift, ...room.drift };
  const wanted = <Value>(
    field: string,
    value: Value | undefined,
    otherwise: Value,
  ): Wanted<Value> => ({
    value: value ?? otherwise,
    drift: modeOf(drift[field], value !== undefined),
  });
  const told = <Value>(field: string, value: Value | undefined): Wanted<Value> | undefined =>
    value === undefined ? undefined : { value, drift: modeOf(drift[field], true) };
  const listed = room.suggested !== undefined || room.order !== undefined;
  return {
    key: room.key,
    kind: room.kind,
    room: referenceOf(room.room, context),
    alias: room.alias === undefined ? undefined : aliasOf(room.alias, 'alias', context),
    aliases: room.aliases.flatMap((alias) => aliasOf(alias, 'aliases', context) ?? []),
    taken: room.if_taken,
    name: wanted('name', room.name, room.key),
    topic: told('topic', room.topic),
    avatar: told('avatar', avatarOf(room.avatar)),
    joinRule: wanted(
      'join_rule',
      room.join_rule,
      context.hasSpace && !isSpace ? 'restricted' : 'invite',
    ),
    encryption: wanted('encryption', isSpace ? false : room.encryption, true),
    historyVisibility: wanted('history_visibility', room.history_visibility, 'joined'),
    guestAccess: wanted('guest_access', room.guest_access, 'forbidden'),
    levels: wanted(
      'power_levels',
      room.power_levels === undefined && room.calls === undefined
        ? undefined
        : buildLevels(room.power_levels ?? {}, room.calls, context),
      buildLevels({}, undefined, context),
    ),
    acl: told('acl', room.acl === undefined ? undefined : aclOf(room.acl)),
    pinned: told('pinned', room.pinned),
    link: {
      value: { suggested: room.suggested ?? false, order: room.order },
      // A room that is in the file belongs into the space, whether the file says how or not.
      drift: modeOf(drift['link'], listed || context.hasSpace),
    },
  };
}

/** What the file says nothing of is not enforced, whatever a general `drift` says. */
function modeOf(configured: DriftMode | undefined, isInFile: boolean): DriftMode {
  if (isInFile) return configured ?? 'enforce';
  return configured === 'ignore' ? 'ignore' : 'once';
}

function aliasOf(
  localpart: string,
  field: string,
  { serverName, path, sink }: RoomContext,
): RoomAlias | undefined {
  const alias = parseRoomAlias(`#${localpart}:${serverName}`);
  if (alias === undefined) {
    sink.report([...path, field], 'is too long together with the server name');
  }
  return alias;
}

function referenceOf(
  text: string | undefined,
  { path, sink }: RoomContext,
): RoomReference | undefined {
  if (text === undefined) return undefined;
  const reference = parseRoomReference(text);
  if (reference === undefined) {
    sink.report([...path, 'room'], 'must be a room id or an alias with its server');
  }
  return reference;
}

const avatarOf = (text: string | undefined): MxcUri | undefined =>
  text === undefined ? undefined : parseMxcUri(text);

const aclOf = (acl: NonNullable<RoomContent['acl']>): ServerAcl => ({
  allow: acl.allow,
  deny: acl.deny,
  allowIpLiterals: acl.allow_ip_literals,
});

import type { JsonObject } from '../../matrix/json.ts';
import type { DesiredRoom, DriftMode, JoinRule } from '../desired.ts';

/** A state event that a room must have. */
export interface WantedState {
  /** Its name in the file. */
  readonly field: string;
  readonly type: string;
  readonly stateKey: string;
  readonly drift: DriftMode;
  /** What to write; the room's own content is handed in for what of it must be kept. */
  readonly content: (found: JsonObject | undefined) => JsonObject;
  /** Whether a room with this content needs no change: what is said counts, not how. */
  readonly holds: (found: JsonObject | undefined) => boolean;
  /** Whether it names a room that another has replaced: then it is nobody's wish that it differs. */
  readonly isOutdated?: (found: JsonObject | undefined) => boolean;
}

const megolm = 'm.megolm.v1.aes-sha2';

/** What a room's state says of other rooms and of its server. */
export interface RoomPlace {
  /** Undefined: the deployment has no space, or this is it. Else its room id, or what stands in for it. */
  readonly spaceId: string | undefined;
  readonly serverName: string;
}

/** The state that a room must have beside its power levels and its aliases, in the order in which it is written. */
export function wantedState(room: DesiredRoom, place: RoomPlace): WantedState[] {
  const { name, topic, avatar, historyVisibility, guestAccess } = room;
  const states: (WantedState | undefined)[] = [
    single('name', name, 'm.room.name', 'name'),
    topic === undefined ? undefined : single('topic', topic, 'm.room.topic', 'topic'),
    avatar === undefined ? undefined : single('avatar', avatar, 'm.room.avatar', 'url'),
    joinRules(room, place),
    room.encryption.value ? encryption(room) : undefined,
    single(
      'history_visibility',
      historyVisibility,
      'm.room.history_visibility',
      'history_visibility',
    ),
    single('guest_access', guestAccess, 'm.room.guest_access', 'guest_access'),
    serverAcl(room),
    parent(room, place),
  ];
  return states.filter((state) => state !== undefined);
}

/** A state whose content is one text. */
function single(
  field: string,
  wanted: { readonly value: string; readonly drift: DriftMode },
  type: string,
  name: string,
): WantedState {
  return {
    field,
    type,
    stateKey: '',
    drift: wanted.drift,
    content: () => ({ [name]: wanted.value }),
    holds: (found) => (found?.[name] ?? '') === wanted.value,
  };
}

/** Whether a join rule admits by membership in another room. */
export function admitsByMembership(rule: JoinRule): boolean {
  return rule === 'restricted' || rule === 'knock_restricted';
}

function joinRules({ joinRule }: DesiredRoom, { spaceId }: RoomPlace): WantedState {
  const { value: rule, drift } = joinRule;
  const allowed = admitsByMembership(rule) && spaceId !== undefined ? [spaceId] : undefined;
  const allow = allowed?.map((roomId) => ({ type: 'm.room_membership', room_id: roomId }));
  return {
    field: 'join_rule',
    type: 'm.room.join_rules',
    stateKey: '',
    drift,
    content: () => (allow === undefined ? { join_rule: rule } : { join_rule: rule, allow }),
    holds: (found) =>
      found?.['join_rule'] === rule &&
      (allowed === undefined || sameSet(allowedRooms(found), allowed)),
    isOutdated: (found) =>
      allowed !== undefined &&
      (found?.['join_rule'] === 'restricted' || found?.['join_rule'] === 'knock_restricted') &&
      !allowed.every((roomId) => allowedRooms(found).includes(roomId)),
  };
}

/** The rooms whose members may join; another kind of condition is listed as what it is. */
function allowedRooms(content: JsonObject): unknown[] {
  const allow = content['allow'];
  if (!Array.isArray(allow)) return [];
  return allow.map((condition: unknown) =>
    typeof condition === 'object' && condition !== null && 'room_id' in condition
      ? condition.room_id
      : condition,
  );
}

function encryption({ encryption: { drift } }: DesiredRoom): WantedState {
  return {
    field: 'encryption',
    type: 'm.room.encryption',
    stateKey: '',
    drift,
    content: (found) => ({ ...found, algorithm: megolm }),
    holds: (found) => found?.['algorithm'] === megolm,
  };
}

function serverAcl({ acl }: DesiredRoom): WantedState | undefined {
  if (acl === undefined) return undefined;
  const { allow, deny, allowIpLiterals } = acl.value;
  return {
    field: 'acl',
    type: 'm.room.server_acl',
    stateKey: '',
    drift: acl.drift,
    content: () => ({ allow, deny, allow_ip_literals: allowIpLiterals }),
    holds: (found) =>
      found !== undefined &&
      sameSet(found['allow'], allow) &&
      sameSet(found['deny'], deny) &&
      (found['allow_ip_literals'] ?? true) === allowIpLiterals,
  };
}

function parent({ link }: DesiredRoom, place: RoomPlace): WantedState | undefined {
  const { spaceId, serverName } = place;
  if (spaceId === undefined) return undefined;
  return {
    field: 'link',
    type: 'm.space.parent',
    stateKey: spaceId,
    drift: link.drift,
    content: () => ({ via: [serverName], canonical: true }),
    holds: (found) => leadsThrough(found, serverName) && found?.['canonical'] === true,
    isOutdated: (found) => found === undefined,
  };
}

/** How the space lists a room (Client-Server API "m.space.child"). */
export function wantedChild(room: DesiredRoom, roomId: string, serverName: string): WantedState {
  const { suggested, order } = room.link.value;
  return {
    field: 'link',
    type: 'm.space.child',
    stateKey: roomId,
    drift: room.link.drift,
    content: () => ({ via: [serverName], suggested, ...(order === undefined ? {} : { order }) }),
    holds: (found) =>
      leadsThrough(found, serverName) &&
      (found?.['suggested'] ?? false) === suggested &&
      found?.['order'] === order,
    isOutdated: (found) => found === undefined,
  };
}

/** Whether a link of a space is one, and can be followed through this server. */
function leadsThrough(content: JsonObject | undefined, serverName: string): boolean {
  const via = content?.['via'];
  return Array.isArray(via) && via.includes(serverName);
}

function sameSet(found: unknown, wanted: readonly string[]): boolean {
  const list: readonly unknown[] = Array.isArray(found) ? found : [];
  return JSON.stringify([...new Set(list)].sort()) === JSON.stringify([...new Set(wanted)].sort());
}

import type { RoomFacts, RoomNews } from '../crypto-device.ts';
import { jsonText } from '../json-text.ts';
import { rotationOf } from './room-settings.ts';
import type { RoomChanges, StateEvent } from './sync-answer.ts';

/** Whether a user is in a room or asked into it. */
export type Presence = 'joined' | 'invited';

/** A room's settings, as they are kept. */
export type RoomSetting = Pick<RoomFacts, 'encryption' | 'historyVisibility'>;

/** What a sync changes in a room that is kept. */
export interface RoomUpdate {
  readonly setting: RoomSetting;
  /** Users whose presence changed; undefined: no longer there. */
  readonly members: ReadonlyMap<string, Presence | undefined>;
}

const visibilities: ReadonlySet<unknown> = new Set<RoomFacts['historyVisibility']>([
  'invited',
  'joined',
  'shared',
  'world_readable',
]);

/** What delivery must know of a room's changes. */
export function newsOf({ roomId, isJoined, events }: RoomChanges): RoomNews {
  const has = (type: string) =>
    events.some((event) => event.type === type && event.stateKey === '');
  return {
    roomId,
    encrypted: has('m.room.encryption'),
    replaced: has('m.room.tombstone'),
    left: !isJoined,
  };
}

/** Follows a room's settings and members through what happened, in order; what is encrypted stays so. */
export function followRoom(before: RoomSetting, events: readonly StateEvent[]): RoomUpdate {
  const members = new Map<string, Presence | undefined>();
  let setting = before;
  for (const event of events) {
    if (event.type === 'm.room.member') {
      members.set(event.stateKey, presenceOf(event.content['membership']));
    } else if (event.stateKey === '') {
      setting = { ...setting, ...settingIn(event, setting) };
    }
  }
  return { setting, members };
}

/** The setting to keep, of what was and what is asked for now: a change that cannot be followed is none. */
export function keepEncrypted(before: string | undefined, now: string): string {
  return before !== undefined && rotationOf(now) === undefined ? before : now;
}

function settingIn({ type, content }: StateEvent, { encryption }: RoomSetting) {
  if (type === 'm.room.encryption') {
    return { encryption: keepEncrypted(encryption, jsonText(content) ?? '') };
  }
  if (type !== 'm.room.history_visibility') return {};
  const value = content['history_visibility'];
  return isVisibility(value) ? { historyVisibility: value } : {};
}

function isVisibility(value: unknown): value is RoomFacts['historyVisibility'] {
  return visibilities.has(value);
}

function presenceOf(membership: unknown): Presence | undefined {
  if (membership === 'join') return 'joined';
  return membership === 'invite' ? 'invited' : undefined;
}

import {
  DecryptionSettings,
  DeviceLists,
  TrustRequirement,
  UserId,
} from '@matrix-org/matrix-sdk-crypto-wasm';
import type { RoomNews } from '../crypto-device.ts';
import type { DeviceStore } from './device-store.ts';
import { followRoom, newsOf } from './follow-room.ts';
import { type RoomChanges, readSync, type SyncAnswer } from './sync-answer.ts';

/** At the first sync after this an engine looks at the age of its fallback key, which it replaces after a week. */
const toldMsMax = 24 * 60 * 60_000;

/**
 * Takes in an answer of GET /v3/sync at wall-clock time `now`; call it inside a group, so that its effects and its token
 * are one commit. One that tells nothing is not written down: the token before it leads to the same events. So nothing is
 * written for a device to which nothing happens, and its start does not cost a look at each of its one-time keys.
 *
 * @throws Failure homeserver_unusable when it is no such answer
 */
export async function receiveSync(
  store: DeviceStore,
  body: string,
  now: number,
): Promise<readonly RoomNews[]> {
  const { tables } = store;
  const sync = readSync(body);
  const isNews = !isKnown(store, sync, now);
  if (isNews) await tell(store, sync, now);
  for (const changes of sync.rooms) follow(tables, changes);
  if (isNews || sync.rooms.length > 0) tables.setSyncToken(sync.token);
  return sync.rooms.map(newsOf);
}

/** Whether the engine has been told all of it, and has nothing else to do that it does with a sync. */
function isKnown(store: DeviceStore, sync: SyncAnswer, now: number): boolean {
  const happened = hasMessages(sync) || sync.changed.length > 0 || sync.left.length > 0;
  // What others asked of it, it may yet have to answer.
  if (happened || store.hasMessages) return false;
  const told = store.tables.told();
  if (told === undefined || told.keyCounts !== countsText(sync)) return false;
  return told.at <= now && now < told.at + toldMsMax;
}

async function tell(store: DeviceStore, sync: SyncAnswer, now: number): Promise<void> {
  const { machine, tables } = store;
  if (hasMessages(sync)) store.hasMessages = true;
  await machine.receiveSyncChanges(
    sync.toDevice,
    new DeviceLists(userIds(sync.changed), userIds(sync.left)),
    keyCounts(sync),
    sync.unusedFallbackKeys === undefined ? undefined : new Set(sync.unusedFallbackKeys),
    // The keys that others send are kept whoever they are; nothing is decided by them here.
    new DecryptionSettings(TrustRequirement.Untrusted),
  );
  tables.setTold({ keyCounts: countsText(sync), at: now });
}

const hasMessages = ({ toDevice }: SyncAnswer): boolean => toDevice !== '[]';

/** What a sync tells of the device's keys at the homeserver, the same text for the same. */
function countsText({ keyCounts, unusedFallbackKeys }: SyncAnswer): string {
  return JSON.stringify([
    [...keyCounts].sort(),
    unusedFallbackKeys && [...unusedFallbackKeys].sort(),
  ]);
}

/** Users as the engine takes them, new for each call as it uses them up; what is no user id is left out. */
export function userIds(texts: readonly string[]): UserId[] {
  return texts.flatMap((text) => {
    try {
      return [new UserId(text)];
    } catch {
      return [];
    }
  });
}

function keyCounts({ keyCounts }: SyncAnswer): Map<string, number> {
  return new Map(keyCounts);
}

function follow(tables: DeviceStore['tables'], { roomId, isJoined, events }: RoomChanges): void {
  const setting = tables.setting(roomId);
  if (setting === undefined) return;
  if (isJoined) tables.updateRoom(roomId, followRoom(setting, events));
  else tables.setUncertain(roomId);
}

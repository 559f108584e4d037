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

/**
 * Takes in an answer of GET /v3/sync; call it inside a group, so that its effects and its token are one commit.
 *
 * @throws Failure homeserver_unusable when it is no such answer
 */
export async function receiveSync(
  { machine, tables }: DeviceStore,
  body: string,
): Promise<readonly RoomNews[]> {
  const sync = readSync(body);
  await machine.receiveSyncChanges(
    sync.toDevice,
    new DeviceLists(userIds(sync.changed), userIds(sync.left)),
    keyCounts(sync),
    sync.unusedFallbackKeys === undefined ? undefined : new Set(sync.unusedFallbackKeys),
    // The keys that others send are kept whoever they are; nothing is decided by them here.
    new DecryptionSettings(TrustRequirement.Untrusted),
  );
  for (const changes of sync.rooms) follow(tables, changes);
  tables.setSyncToken(sync.token);
  return sync.rooms.map(newsOf);
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

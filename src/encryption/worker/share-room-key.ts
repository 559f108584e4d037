import { RoomId } from '@matrix-org/matrix-sdk-crypto-wasm';
import { Failure } from '../../errors.ts';
import type { DeviceRequest, KeyShare, RoomFacts, Sharing } from '../crypto-device.ts';
import {
  claimedDevices,
  deviceRequestOf,
  toDeviceRequest,
  withheldDevices,
} from './device-requests.ts';
import type { DeviceStore } from './device-store.ts';
import { userIds } from './receive-sync.ts';
import { readersOf, settingsOf } from './room-settings.ts';

/** A claim's answer blocks the thread for about a millisecond per device. */
const claimDevicesMax = 100;

/** Begins to track the devices of a room's readers. Call it inside a group. */
export async function trackMembers(
  { machine, tables }: DeviceStore,
  roomId: string,
): Promise<void> {
  await machine.updateTrackedUsers(userIds(readersOf(certainRoom(tables, roomId))));
}

/**
 * A claim of one-time keys for at most 100 devices of a room's readers, or for the devices of one user who has more;
 * undefined: no session is missing. The engine waits up to 5 s for a keys query of theirs that is not answered yet, so
 * this is called outside of a group, which the answer needs.
 *
 * @param silent users of whom the last answer said nothing: the engine would wait for them each time
 */
export async function claimMissing(
  store: DeviceStore,
  roomId: string,
  silent: ReadonlySet<string>,
): Promise<DeviceRequest | undefined> {
  const { machine, tables } = store;
  const readers = await store.group(async () => readersOf(certainRoom(tables, roomId)));
  const users = readers.filter((userId) => !silent.has(userId));
  return await store.beside(async () => {
    const claim = await machine.getMissingSessions(userIds(users));
    if (claim === null) return undefined;
    const first = firstUsers(claimedDevices(claim.body));
    if (first === undefined) return deviceRequestOf(claim);
    // The engine holds what a claim does not get for refused, so a claim cannot be cut: it is made anew for fewer users.
    const smaller = await machine.getMissingSessions(userIds(first));
    return deviceRequestOf(smaller ?? claim);
  });
}

/**
 * Gives a room's key to whoever lacks it. Call it inside a group.
 *
 * @throws Failure identity_not_set_up, identity_differs when `cross-signed` is asked for and the account has no identity, or
 * another than this device
 */
export async function shareRoomKey(
  { machine, tables }: DeviceStore,
  roomId: string,
  sharing: Sharing,
): Promise<KeyShare> {
  const facts = certainRoom(tables, roomId);
  const settings = settingsOf(facts, sharing);
  const requests = await machine.shareRoomKey(
    new RoomId(roomId),
    userIds(readersOf(facts)),
    settings,
  );
  return {
    requests: requests.map(toDeviceRequest),
    withheld: requests.reduce((sum, request) => sum + withheldDevices(request), 0),
  };
}

/** The users to begin with, so that there are not too many devices; undefined: all of them. */
function firstUsers(devices: ReadonlyMap<string, number>): readonly string[] | undefined {
  const users: string[] = [];
  let count = 0;
  for (const [userId, more] of devices) {
    if (users.length > 0 && count + more > claimDevicesMax) return users;
    users.push(userId);
    count += more;
  }
  return undefined;
}

function certainRoom(tables: DeviceStore['tables'], roomId: string): RoomFacts {
  const facts = tables.room(roomId);
  if (facts !== undefined) return facts;
  const detail = 'The account is not in the room, or it is not known who is.';
  throw new Failure('matrix_refused', { detail });
}

import type { AccountEvent } from '../../accounts/account-event.ts';
import type { AccountConfig, Config, RoomConfig } from '../../config/config.ts';
import type { RoomRecord } from '../../delivery/room-memory.ts';
import { whoami } from '../../matrix/login.ts';
import type { Session } from '../../matrix/session.ts';
import { asAccount } from '../account-session.ts';
import { checkHomeserver } from './check-homeserver.ts';
import { checkRoom, type WantedRoom } from './check-room.ts';
import { type Finding, failed, ok, warn } from './finding.ts';

export interface AccountChecks {
  readonly config: Config;
  /** What delivery has learnt of rooms. */
  readonly known: readonly RoomRecord[];
  readonly signal: AbortSignal;
  onEvent(event: AccountEvent): void;
}

/** A configured room as it is to be looked at. */
export function wantedRoom(room: RoomConfig, known: readonly RoomRecord[]): WantedRoom {
  const { name, encryption } = room;
  const record = known.find((one) => one.account === room.account && one.room === room.room);
  return { name, room: room.room, encryption, wasEncrypted: record?.encrypted === true };
}

/** One line for each room that several names mean: their messages share one lane only if they are written alike. */
function sharedRooms(
  account: string,
  namesById: ReadonlyMap<string, readonly string[]>,
): Finding[] {
  return [...namesById]
    .filter(([, names]) => names.length > 1)
    .map(([roomId, names]) =>
      warn(
        `account ${account}`,
        `the rooms ${names.join(' and ')} are the same, ${roomId}`,
        'Between them order is not kept; write the room the same way for all, or keep one name.',
      ),
    );
}

async function* checkRooms(
  session: Session,
  account: AccountConfig,
  { config, known, signal }: AccountChecks,
): AsyncGenerator<Finding> {
  const namesById = new Map<string, string[]>();
  for (const room of config.rooms.values()) {
    if (room.account !== account.name) continue;
    try {
      const { roomId, findings } = await checkRoom(session, wantedRoom(room, known), signal);
      yield* findings;
      if (roomId !== undefined)
        namesById.set(roomId, [...(namesById.get(roomId) ?? []), room.name]);
    } catch (thrown) {
      yield failed(`room ${room.name}`, thrown);
    }
  }
  yield* sharedRooms(account.name, namesById);
}

/** Everything that needs a session, in order. */
async function lookAsAccount(
  account: AccountConfig,
  checks: AccountChecks,
): Promise<readonly Finding[]> {
  return await asAccount(checks.config, account, checks, async (session) => {
    const { homeserver, accessToken, userId, deviceId } = session;
    const findings = [await checkHomeserver(homeserver.baseUrl, checks.signal)];
    await whoami(homeserver, accessToken, checks.signal);
    findings.push(ok(`account ${account.name}`, `${userId} speaks from device ${deviceId}`));
    for await (const finding of checkRooms(session, account, checks)) findings.push(finding);
    return findings;
  });
}

/** Whether an account can speak, and in its rooms. An account that has only a password logs in, as the daemon would. */
export async function checkAccount(
  account: AccountConfig,
  checks: AccountChecks,
): Promise<readonly Finding[]> {
  try {
    return await lookAsAccount(account, checks);
  } catch (thrown) {
    const rooms = [...checks.config.rooms.values()].filter((room) => room.account === account.name);
    const finding = failed(`account ${account.name}`, thrown);
    if (rooms.length === 0) return [finding];
    const unseen = `${rooms.length} rooms could not be looked at (${rooms.map(({ name }) => name).join(', ')})`;
    return [{ ...finding, detail: `${finding.detail} ${unseen}` }];
  }
}

import type { AccountEvent } from '../../accounts/account-event.ts';
import type { AccountConfig, Config, RoomConfig } from '../../config/config.ts';
import { readAccountSecrets } from '../../config/read-secrets.ts';
import type { RoomRecord } from '../../delivery/room-memory.ts';
import { toFailure } from '../../errors.ts';
import { whoami } from '../../matrix/login.ts';
import type { Session } from '../../matrix/session.ts';
import { asAccount } from '../account-session.ts';
import { matrixFailure } from '../matrix-failure.ts';
import { checkHomeserver } from './check-homeserver.ts';
import { checkIdentity } from './check-identity.ts';
import { checkReaders } from './check-readers.ts';
import { checkRoom, type RoomCheck, type WantedRoom } from './check-room.ts';
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

interface RoomsCheck {
  readonly findings: readonly Finding[];
  /** One of them is encrypted, or must be. */
  readonly encrypted: boolean;
}

/** Whose devices are given keys in a room, by what the configuration says. */
function givesKeysToSigned(room: RoomConfig, account: AccountConfig): boolean {
  return (room.sharing ?? account.sharing) === 'cross-signed';
}

async function checkRoomOf(
  session: Session,
  account: AccountConfig,
  room: RoomConfig,
  { known, signal }: AccountChecks,
): Promise<RoomCheck> {
  const wanted = wantedRoom(room, known);
  try {
    const checked = await checkRoom(session, wanted, signal);
    const { roomId, encrypted, findings } = checked;
    const isWell = findings.every(({ state }) => state !== 'fail');
    if (!encrypted || !isWell || roomId === undefined || !givesKeysToSigned(room, account)) {
      return checked;
    }
    const readers = await checkReaders(session, room.name, roomId, signal);
    return readers === undefined ? checked : { ...checked, findings: [...findings, readers] };
  } catch (thrown) {
    const finding = failed(`room ${room.name}`, thrown);
    return { roomId: undefined, encrypted: wanted.wasEncrypted, findings: [finding] };
  }
}

async function checkRooms(
  session: Session,
  account: AccountConfig,
  checks: AccountChecks,
): Promise<RoomsCheck> {
  const namesById = new Map<string, string[]>();
  const findings: Finding[] = [];
  let isEncrypted = false;
  for (const room of checks.config.rooms.values()) {
    if (room.account !== account.name) continue;
    const checked = await checkRoomOf(session, account, room, checks);
    const { roomId } = checked;
    findings.push(...checked.findings);
    isEncrypted ||= checked.encrypted || room.encryption === 'required';
    if (roomId !== undefined) namesById.set(roomId, [...(namesById.get(roomId) ?? []), room.name]);
  }
  findings.push(...sharedRooms(account.name, namesById));
  return { findings, encrypted: isEncrypted };
}

/** Everything that needs a session, in order. */
async function lookAsAccount(
  account: AccountConfig,
  checks: AccountChecks,
): Promise<readonly Finding[]> {
  const { config, signal } = checks;
  return await asAccount(config, account, checks, async (session) => {
    const { homeserver, accessToken, userId, deviceId } = session;
    const server = await checkHomeserver(homeserver.baseUrl, signal);
    await whoami(homeserver, accessToken, signal);
    const speaker = ok(`account ${account.name}`, `${userId} speaks from device ${deviceId}`);
    const rooms = await checkRooms(session, account, checks);
    const question = { config, account, needed: rooms.encrypted, signal };
    const identity = await checkIdentity(session, question);
    return [server, speaker, identity, ...rooms.findings];
  });
}

/** What is wrong with an account's own secrets, such as an empty file, is why it was refused: no login helps there. */
async function reasonOf(account: AccountConfig, thrown: unknown): Promise<unknown> {
  const { code } = toFailure(matrixFailure(thrown));
  if (code !== 'login_refused' && code !== 'secret_unreadable') return thrown;
  try {
    await readAccountSecrets(account);
    return thrown;
  } catch (reason) {
    return reason;
  }
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
    const finding = failed(`account ${account.name}`, await reasonOf(account, thrown));
    if (rooms.length === 0) return [finding];
    const names = rooms.map(({ name }) => name).join(', ');
    return [{ ...finding, detail: `${finding.detail} Not looked at: ${names}.` }];
  }
}

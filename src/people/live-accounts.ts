import type { RoomId, UserId } from '../matrix/ids.ts';
import type { Membership } from '../matrix/membership.ts';
import { foundOrUndefined } from '../matrix/rooms.ts';
import type { Session } from '../matrix/session.ts';
import { deactivateUser } from '../matrix/synapse/account-state.ts';
import { findUserByExternalId } from '../matrix/synapse/auth-providers.ts';
import { deleteDevices, listDevices } from '../matrix/synapse/devices.ts';
import { type RedactionStatus, redactionStatus, redactUser } from '../matrix/synapse/redaction.ts';
import { membershipsOf } from '../matrix/synapse/rooms.ts';
import { deleteUserMedia } from '../matrix/synapse/user-media.ts';
import {
  type ListedUser,
  listUsers,
  putUser,
  readUser,
  type SynapseUser,
  type UserChange,
} from '../matrix/synapse/users.ts';
import type { Accounts } from './accounts.ts';

/** Accounts in one answer: some 200 kB. */
const listLimit = 500;
/** A list that never ends is a fault of the homeserver; half a million accounts are more than one serves. */
const listPagesMax = 1_000;

/** The accounts of a homeserver, for as long as one session of a server administrator lasts. */
export class LiveAccounts implements Accounts {
  readonly #session: Session;

  constructor(session: Session) {
    this.#session = session;
  }

  async read(userId: UserId, signal: AbortSignal): Promise<SynapseUser | undefined> {
    return await readUser(this.#session, userId, signal);
  }

  async *list(signal: AbortSignal): AsyncGenerator<readonly ListedUser[]> {
    let from: string | undefined;
    for (let page = 0; page < listPagesMax; page++) {
      const { users, next } = await listUsers(this.#session, { from, limit: listLimit }, signal);
      yield users;
      if (next === undefined) return;
      from = next;
    }
  }

  async find(
    provider: string,
    externalId: string,
    signal: AbortSignal,
  ): Promise<UserId | undefined> {
    return await findUserByExternalId(this.#session, provider, externalId, signal);
  }

  async change(userId: UserId, change: UserChange, signal: AbortSignal): Promise<void> {
    await putUser(this.#session, userId, change, signal);
  }

  async memberships(userId: UserId, signal: AbortSignal): Promise<ReadonlyMap<RoomId, Membership>> {
    return await membershipsOf(this.#session, userId, signal);
  }

  async endDevices(userId: UserId, signal: AbortSignal): Promise<number> {
    const devices = await listDevices(this.#session, userId, signal);
    if (devices.length > 0) await deleteDevices(this.#session, userId, devices, signal);
    return devices.length;
  }

  async redact(userId: UserId, rooms: readonly RoomId[], signal: AbortSignal): Promise<string> {
    return await redactUser(this.#session, userId, { rooms }, signal);
  }

  async redaction(redactId: string, signal: AbortSignal): Promise<RedactionStatus | undefined> {
    return await foundOrUndefined(redactionStatus(this.#session, redactId, signal));
  }

  async deleteMedia(userId: UserId, signal: AbortSignal): Promise<number> {
    return await deleteUserMedia(this.#session, userId, signal);
  }

  async deactivate(userId: UserId, erase: boolean, signal: AbortSignal): Promise<void> {
    await deactivateUser(this.#session, userId, { erase }, signal);
  }
}

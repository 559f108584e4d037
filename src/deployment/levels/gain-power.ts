import { serverName, type UserId } from '../../matrix/ids.ts';
import { levelToSend } from '../../matrix/power.ts';
import type { RoomView } from '../observed/room-view.ts';

/** Where creators stand above all levels, their power cannot be lent; this much is what Synapse gives then. */
const lentByCreators = 100;

/** A user of this homeserver that is in the room, and its power. */
export interface LocalMember {
  readonly userId: UserId;
  readonly power: number;
}

/** The strongest joined user of this homeserver besides the bot; undefined: there is none. */
export function strongestLocal(
  view: RoomView,
  botUserId: UserId,
  localServer: string,
): LocalMember | undefined {
  let strongest: LocalMember | undefined;
  for (const [userId, membership] of view.memberships) {
    if (membership !== 'join' || userId === botUserId || serverName(userId) !== localServer)
      continue;
    const power = view.powerOf(userId);
    if (strongest === undefined || power > strongest.power) strongest = { userId, power };
  }
  return strongest;
}

/** Whether the homeserver's administrator can give the bot more power than it has, through a local user's. */
export function regainable(view: RoomView, botUserId: UserId, localServer: string): boolean {
  const strongest = strongestLocal(view, botUserId, localServer);
  if (strongest === undefined) return false;
  if (strongest.power < levelToSend('m.room.power_levels', true, view.powerLevels)) return false;
  const lent = Number.isFinite(strongest.power) ? strongest.power : lentByCreators;
  return lent > view.powerOf(botUserId);
}

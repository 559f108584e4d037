import type { UserId } from '../../matrix/ids.ts';
import { Refusal } from './reply.ts';
import type { Room } from './room.ts';

/** @throws Refusal 403 in Synapse's words when the sender's power is too small for the event. */
export function checkPowerToSend(
  room: Room,
  sender: UserId,
  type: string,
  stateKey: string | undefined,
): void {
  const power = room.power(sender);
  const needed = room.powerToSend(type, stateKey !== undefined);
  if (power < needed) {
    throw new Refusal(
      403,
      'M_FORBIDDEN',
      `You don't have permission to post that to the room. user_level (${power}) < send_level (${needed})`,
    );
  }
  if (stateKey?.startsWith('@') === true && stateKey !== sender) {
    throw new Refusal(403, 'M_FORBIDDEN', 'You are not allowed to set others state');
  }
}

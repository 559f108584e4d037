import type { RoomReference } from '../matrix/ids.ts';
import type { RoomConfig } from './config.ts';

/** Long enough for a homeserver's restart, short enough that nobody takes an old alert for a new one. */
const lateAfterMs = 5 * 60_000;

/** A room that is named by its id or alias alone, with every default. */
export function plainRoom(name: string, room: RoomReference, account: string): RoomConfig {
  return {
    name,
    room,
    account,
    encryption: 'auto',
    sharing: undefined,
    msgtype: 'm.text',
    lateAfterMs,
    expireAfterMs: undefined,
  };
}

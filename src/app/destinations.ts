import type { Config } from '../config/config.ts';
import type { Destination } from '../routing/destination.ts';

/** The configured rooms as routing and drafting know them. */
export function destinationsOf(config: Pick<Config<unknown>, 'rooms'>): Destination[] {
  return [...config.rooms.values()].map((room) => ({
    name: room.name,
    room: room.room,
    account: room.account,
    msgtype: room.msgtype,
    lateAfterMs: room.lateAfterMs,
    expireAfterMs: room.expireAfterMs,
  }));
}

import type { Config, RoomConfig } from '../../../config/config.ts';

/** A configured room by its name, or as it is written in the configuration. */
export function configuredRoom(
  config: Pick<Config, 'rooms'>,
  text: string,
): RoomConfig | undefined {
  return config.rooms.get(text) ?? [...config.rooms.values()].find((room) => room.room === text);
}

import type { Homeserver } from '../../matrix/homeserver.ts';
import type { RoomAlias, RoomId, UserId } from '../../matrix/ids.ts';
import { resolveAlias } from '../../matrix/rooms.ts';
import type { BotLook } from '../bot/look-at-bot.ts';
import type { DesiredDeployment, DesiredRoom } from '../desired.ts';
import {
  nothingFound,
  type ObservedDeployment,
  type ObservedRoom,
  type SeenRoom,
} from './observed.ts';

/** A bot that cannot look for itself. */
export type UnreadyBot = Exclude<BotLook, { kind: 'ready' }>;

/** What is looked with. */
export interface Outsider {
  readonly homeserver: Homeserver;
  readonly botUserId: UserId;
}

/**
 * What anybody may see of a deployment: where its aliases lead. A bot that is yet to be registered has no other rooms;
 * whether one that is damaged has any is not seen. Nothing is written.
 * @throws MatrixError, TransportError
 */
export async function observeWithoutBot(
  deployment: DesiredDeployment,
  bot: UnreadyBot,
  { homeserver, botUserId }: Outsider,
  signal: AbortSignal,
): Promise<ObservedDeployment> {
  const once = bot.kind === 'absent' ? 'once the bot is registered' : 'once the bot is mended';
  const resolve = async (alias: RoomAlias): Promise<RoomId | undefined> =>
    (await resolveAlias(homeserver, alias, signal))?.roomId;
  const rooms = new Map<string, ObservedRoom>();
  for (const room of deployment.rooms) {
    const aliases = await resolved(room, resolve);
    const leads = [...aliases].flatMap(([alias, target]) =>
      target === undefined ? [] : [`${alias} leads to ${target.roomId}`],
    );
    const named = room.room === undefined ? [] : [`The file names ${room.room}`];
    const [known] = [...leads, ...named];
    const whether = bot.kind === 'absent' ? undefined : `Whether it is there is seen ${once}.`;
    const unseen = known === undefined ? whether : `${known}; what that is is seen ${once}.`;
    rooms.set(room.key, { ...nothingFound, aliases, ...(unseen === undefined ? {} : { unseen }) });
  }
  return { botUserId, roomVersions: undefined, rooms };
}

async function resolved(
  { alias, aliases }: DesiredRoom,
  resolve: (alias: RoomAlias) => Promise<RoomId | undefined>,
): Promise<Map<RoomAlias, SeenRoom | undefined>> {
  const targets = new Map<RoomAlias, SeenRoom | undefined>();
  for (const name of [alias, ...aliases]) {
    if (name === undefined) continue;
    const roomId = await resolve(name);
    targets.set(name, roomId === undefined ? undefined : { roomId, view: undefined });
  }
  return targets;
}

import { encodePath } from '../../matrix/encode-path.ts';
import { localpart, parseRoomAlias, type RoomId } from '../../matrix/ids.ts';
import { deleteAlias } from '../../matrix/room-aliases.ts';
import { createRoom } from '../../matrix/rooms.ts';
import type { Session } from '../../matrix/session.ts';
import { sessionCallWith } from '../../matrix/session-call.ts';
import { putState, roomState } from '../../matrix/state.ts';

/** What somebody in a room may try; what it has no power for fails. */
export type Deed = (session: Session, roomId: RoomId, signal: AbortSignal) => Promise<unknown>;

const changeLevels =
  (change: object): Deed =>
  async (session, roomId, signal) => {
    const levels = await roomState(session, roomId, 'm.room.power_levels', '', signal);
    await putState(session, roomId, 'm.room.power_levels', '', { ...levels, ...change }, signal);
  };

const setState =
  (type: string, content: object): Deed =>
  (session, roomId, signal) =>
    putState(session, roomId, type, '', { ...content }, signal);

const act =
  (verb: string, body: (session: Session) => object): Deed =>
  (session, roomId, signal) => {
    const path = `${encodePath`/_matrix/client/v3/rooms/${roomId}/`}${verb}`;
    return sessionCallWith(session, 'POST', path, body(session), signal);
  };

/** By what they do. */
export const deeds: Readonly<Record<string, Deed>> = {
  'gives power to all': changeLevels({ users_default: 100 }),
  'opens kicking and state': changeLevels({ kick: 0, ban: 0, redact: 0, state_default: 0 }),
  'lets nobody invite': changeLevels({ invite: 100 }),
  'opens the room': setState('m.room.join_rules', { join_rule: 'public' }),
  'lets guests in': setState('m.room.guest_access', { guest_access: 'can_join' }),
  'claims the room': setState('org.bellhop.deployment', { deployment: 'main', key: 'other' }),
  'closes the room': setState('m.room.tombstone', { body: 'x' }),
  'upgrades the room': act('upgrade', () => ({ new_version: '11' })),
  'kicks the bot': act('kick', () => ({ user_id: '@bot:x' })),
  'bans the bot': act('ban', () => ({ user_id: '@bot:x' })),
  leaves: act('leave', () => ({})),
  'joins again': act('join', () => ({})),
  'hijacks the alias': async (session, roomId, signal) => {
    const named = await roomState(session, roomId, 'm.room.canonical_alias', '', signal);
    const alias = parseRoomAlias(String(named?.['alias']));
    if (alias === undefined) return;
    await deleteAlias(session, alias, signal);
    await createRoom(session, { aliasLocalpart: localpart(alias), preset: 'public_chat' }, signal);
  },
};

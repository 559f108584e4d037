import type { RoomId, UserId } from '../../matrix/ids.ts';
import { isObject } from './json-content.ts';
import { type JsonObject, Refusal } from './reply.ts';
import type { Membership, Room } from './room.ts';
import type { World } from './world.ts';

/** Writes a membership without asking whether it is allowed. */
export function putMembership(
  world: World,
  room: Room,
  sender: UserId,
  userId: UserId,
  membership: Membership,
  more: JsonObject = {},
): void {
  const profile = membership === 'leave' || membership === 'ban' ? {} : profileOf(world, userId);
  world.rooms.setState(room, sender, 'm.room.member', userId, { ...profile, membership, ...more });
}

function profileOf(world: World, userId: UserId): JsonObject {
  const profile = world.users.get(userId)?.profile;
  const displayname = profile?.get('displayname');
  const avatarUrl = profile?.get('avatar_url');
  return {
    ...(displayname === undefined ? {} : { displayname }),
    ...(avatarUrl === undefined ? {} : { avatar_url: avatarUrl }),
  };
}

/** Joins by id; who is joined already stays so. @throws Refusal in Synapse's words. */
export function join(world: World, roomId: string, userId: UserId): RoomId {
  const room = world.rooms.get(roomId);
  if (room === undefined) {
    throw new Refusal(
      404,
      'M_UNKNOWN',
      "Can't join remote room because no servers that are in the room have been provided.",
    );
  }
  const membership = room.membership(userId);
  if (membership === 'join') return room.roomId;
  if (membership === 'ban') {
    throw new Refusal(403, 'M_BAD_STATE', 'Cannot join user who was banned');
  }
  const more = membership === 'invite' ? {} : admit(world, room, userId);
  putMembership(world, room, userId, userId, 'join', more);
  return room.roomId;
}

/** What the member event must say. @throws Refusal for who may not join uninvited. */
function admit(world: World, room: Room, userId: UserId): JsonObject {
  const joinRule = room.state('m.room.join_rules', '')?.content['join_rule'];
  if (joinRule === 'public') return {};
  const isRestricted =
    (joinRule === 'restricted' && Number(room.version) >= 8) ||
    (joinRule === 'knock_restricted' && Number(room.version) >= 10);
  if (!isRestricted) throw new Refusal(403, 'M_FORBIDDEN', 'You are not invited to this room.');
  if (!isAllowed(world, room, userId)) {
    const error = 'You do not belong to any of the required rooms/spaces to join this room.';
    throw new Refusal(403, 'M_FORBIDDEN', error);
  }
  const inviter = room.joined().find((member) => room.power(member) >= room.powerTo('invite'));
  if (inviter === undefined) {
    const error = 'Unable to find a user which could issue an invite';
    throw new Refusal(400, 'M_UNABLE_TO_GRANT_JOIN', error);
  }
  return { join_authorised_via_users_server: inviter };
}

/** Whether a restricted rule names a room that the user is in, client-server API §11.5.2. */
export function isAllowed(world: World, room: Room, userId: UserId): boolean {
  const allowed = room.state('m.room.join_rules', '')?.content['allow'];
  const allow: readonly unknown[] = Array.isArray(allowed) ? allowed : [];
  return allow.some(
    (condition) =>
      isObject(condition) &&
      world.rooms.get(String(condition['room_id']))?.membership(userId) === 'join',
  );
}

/** @throws Refusal 403 in Synapse's words. */
export function invite(world: World, roomId: string, sender: UserId, userId: UserId): void {
  const room = whereActing(world, roomId, sender, 'invite');
  const membership = room.membership(userId);
  if (membership === 'join') {
    throw new Refusal(403, 'M_FORBIDDEN', `${userId} is already in the room.`);
  }
  if (membership === 'ban') {
    throw new Refusal(403, 'M_BAD_STATE', 'Cannot invite user who was banned');
  }
  putMembership(world, room, sender, userId, 'invite');
}

/** Kicks or bans. @throws Refusal 403 in Synapse's words. */
export function remove(
  world: World,
  roomId: string,
  sender: UserId,
  userId: UserId,
  action: 'kick' | 'ban',
): void {
  const room = whereActing(world, roomId, sender, action);
  const membership = room.membership(userId);
  if (action === 'kick' && membership === 'ban') {
    throw new Refusal(403, 'M_BAD_STATE', 'Cannot kick user who was banned');
  }
  if (action === 'kick' && (membership === undefined || membership === 'leave')) {
    throw new Refusal(403, 'M_FORBIDDEN', 'The target user is not in the room');
  }
  if (room.power(userId) >= room.power(sender)) {
    throw new Refusal(403, 'M_FORBIDDEN', `You cannot ${action} user ${userId}.`);
  }
  putMembership(world, room, sender, userId, action === 'ban' ? 'ban' : 'leave');
}

/** Lifts a ban. @throws Refusal 403 in Synapse's words. */
export function unban(world: World, roomId: string, sender: UserId, userId: UserId): void {
  const room = whereActing(world, roomId, sender, 'ban');
  const membership = room.membership(userId);
  if (membership !== 'ban') {
    const error = `Cannot unban user who was not banned (membership=${membership ?? 'None'})`;
    throw new Refusal(403, 'M_BAD_STATE', error);
  }
  putMembership(world, room, sender, userId, 'leave');
}

/** Takes a room that was left out of sight. @throws Refusal 400 for who is still in it. */
export function forget(world: World, roomId: string, userId: UserId): void {
  const room = world.rooms.get(roomId);
  const membership = room?.membership(userId);
  if (membership === 'join' || membership === 'invite') {
    throw new Refusal(400, 'M_UNKNOWN', `User ${userId} in room ${roomId}`);
  }
  room?.forgotten.add(userId);
}

/** Leaves, or declines an invitation. @throws Refusal 403 for who was never in. */
export function leave(world: World, roomId: string, userId: UserId): void {
  const room = world.rooms.get(roomId);
  const membership = room?.membership(userId);
  if (room === undefined || membership === undefined || membership === 'ban') {
    throw new Refusal(403, 'M_FORBIDDEN', `${userId} not in room ${roomId}.`);
  }
  if (membership !== 'leave') putMembership(world, room, userId, userId, 'leave');
}

function whereActing(
  world: World,
  roomId: string,
  sender: UserId,
  action: 'invite' | 'kick' | 'ban',
): Room {
  const room = world.rooms.get(roomId);
  if (room?.membership(sender) !== 'join') {
    throw new Refusal(403, 'M_FORBIDDEN', `${sender} not in room ${roomId}.`);
  }
  if (room.power(sender) < room.powerTo(action)) {
    throw new Refusal(403, 'M_FORBIDDEN', `You don't have permission to ${action} users`);
  }
  return room;
}

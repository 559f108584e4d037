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
  if (membership !== 'invite' && !isOpenTo(world, room, userId)) {
    throw new Refusal(403, 'M_FORBIDDEN', 'You are not invited to this room.');
  }
  putMembership(world, room, userId, userId, 'join');
  return room.roomId;
}

/** By a public join rule, or a restricted one with a room the user is in, client-server API §11.5.2. */
function isOpenTo(world: World, room: Room, userId: UserId): boolean {
  const rules = room.state('m.room.join_rules', '')?.content ?? {};
  const joinRule = rules['join_rule'];
  if (joinRule === 'public') return true;
  if (joinRule !== 'restricted' && joinRule !== 'knock_restricted') return false;
  const allow = Array.isArray(rules['allow']) ? rules['allow'] : [];
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
    throw new Refusal(403, 'M_FORBIDDEN', `${userId} is banned from the room`);
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
  if (room.power(userId) >= room.power(sender)) {
    throw new Refusal(403, 'M_FORBIDDEN', `You cannot ${action} user ${userId}.`);
  }
  putMembership(world, room, sender, userId, action === 'ban' ? 'ban' : 'leave');
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

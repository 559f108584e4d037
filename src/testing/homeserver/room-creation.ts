import type { UserId } from '../../matrix/ids.ts';
import {
  type CreationWishes,
  checkCreators,
  type FirstState,
  readCreationWishes,
} from './creation-wishes.ts';
import { putMembership } from './membership.ts';
import { checkPowerLevelsForm } from './power-levels-check.ts';
import { type JsonObject, Refusal } from './reply.ts';
import type { Room } from './room.ts';
import type { NewRoomId } from './rooms.ts';
import type { World } from './world.ts';

/**
 * Makes a room from a createRoom body, its events in the order of client-server API §11.1. Like Synapse it binds the
 * alias first, so that a failure on the way leaves an alias that leads to half a room, or to none.
 * @throws Refusal 400 in Synapse's words.
 */
export function createRoom(world: World, creator: UserId, body: JsonObject): Room {
  const wishes = readCreationWishes(world, creator, body);
  const newId = world.rooms.newId(wishes.version);
  if (wishes.alias !== undefined) {
    world.rooms.aliases.set(wishes.alias, { roomId: newId.roomId, createdBy: creator });
  }
  checkCreators(wishes);
  const room = openRoom(world, creator, wishes, newId);
  const first = firstState(room, creator, wishes);
  const steps = [
    () => putMembership(world, room, creator, creator, 'join'),
    ...first.map(({ type, key = '', content }) => () => {
      if (type === 'm.room.power_levels') checkPowerLevelsForm(room, content);
      world.rooms.setState(room, creator, type, key, content);
    }),
    ...wishes.invite.map((userId) => () => putMembership(world, room, creator, userId, 'invite')),
  ];
  const { roomCreationEventsMax: stepsMax = steps.length } = world.settings;
  for (const step of steps.slice(0, stepsMax)) step();
  if (stepsMax < steps.length) throw new Refusal(500, 'M_UNKNOWN', 'Internal server error');
  return room;
}

function openRoom(world: World, creator: UserId, wishes: CreationWishes, id: NewRoomId): Room {
  const number = Number(wishes.version);
  const trusted = number >= 12 && wishes.preset === 'trusted_private_chat' ? wishes.invite : [];
  const given = wishes.creationContent['additional_creators'];
  const additional = new Set([...(Array.isArray(given) ? given : []), ...trusted]);
  const content = {
    ...wishes.creationContent,
    ...(number < 11 ? { creator } : {}),
    ...(additional.size > 0 ? { additional_creators: [...additional] } : {}),
    room_version: wishes.version,
  };
  return world.rooms.open(creator, wishes.version, content, id);
}

/** What `initial_state` sets replaces what the preset would; name and topic come after both. */
function firstState(room: Room, creator: UserId, wishes: CreationWishes): readonly FirstState[] {
  const { alias, name, topic, initialState } = wishes;
  const isPublic = wishes.preset === 'public_chat';
  const own = initialState.find(({ type }) => type === 'm.room.power_levels')?.content;
  const levels = { ...defaultPowerLevels(room, creator, wishes), ...wishes.powerLevels };
  const given = new Set(initialState.map(({ type }) => type));
  const fromPreset: FirstState[] = [
    ...(alias === undefined ? [] : [{ type: 'm.room.canonical_alias', content: { alias } }]),
    { type: 'm.room.join_rules', content: { join_rule: isPublic ? 'public' : 'invite' } },
    { type: 'm.room.history_visibility', content: { history_visibility: 'shared' } },
    ...(isPublic ? [] : [{ type: 'm.room.guest_access', content: { guest_access: 'can_join' } }]),
  ];
  return [
    { type: 'm.room.power_levels', content: own ?? levels },
    ...fromPreset.filter(({ type }) => !given.has(type)),
    ...initialState.filter(({ type }) => type !== 'm.room.power_levels'),
    ...(typeof name === 'string' ? [{ type: 'm.room.name', content: { name } }] : []),
    ...(typeof topic === 'string' ? [topicState(topic)] : []),
  ];
}

/** Synapse writes both forms of a topic, client-server API §11.2.7. */
const topicState = (topic: string): FirstState => ({
  type: 'm.room.topic',
  content: { topic, 'm.topic': { 'm.text': [{ body: topic }] } },
});

/** Synapse's defaults; its level names need no quotes in the specification's §11.2.2. */
function defaultPowerLevels(room: Room, creator: UserId, wishes: CreationWishes): JsonObject {
  const trusted = wishes.preset === 'trusted_private_chat' ? wishes.invite : [];
  const users = room.hasCreators ? [] : [creator, ...trusted];
  const isPublic = wishes.preset === 'public_chat';
  return {
    users: Object.fromEntries(users.map((userId) => [userId, 100])),
    users_default: 0,
    events: {
      'm.room.name': 50,
      'm.room.power_levels': 100,
      'm.room.history_visibility': 100,
      'm.room.canonical_alias': 50,
      'm.room.avatar': 50,
      'm.room.tombstone': room.hasCreators ? 150 : 100,
      'm.room.server_acl': 100,
      'm.room.encryption': 100,
      ...(isPublic ? { 'm.call.invite': 50 } : {}),
    },
    events_default: 0,
    state_default: 50,
    ban: 50,
    kick: 50,
    redact: 50,
    invite: isPublic ? 50 : 0,
    historical: 100,
  };
}

import type { RoomId } from '../../../matrix/ids.ts';
import { isAllowed } from '../membership.ts';
import { type JsonObject, ok, Refusal } from '../reply.ts';
import type { FakeEvent, Room } from '../room.ts';
import { authenticated, type Route } from '../route.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

/** Synapse's page, and its largest. */
const roomsPerPage = 50;

/** The rooms of a space, client-server API §11.37, depth first; a page begins where `from` says. */
export const hierarchyRoute: Route = authenticated(
  'getSpaceHierarchy',
  'GET',
  '/_matrix/client/v1/rooms/{roomId}/hierarchy',
  (world, request, caller) => {
    const root = world.rooms.get(request.param('roomId'));
    if (root === undefined || !isVisible(world, root, caller)) {
      throw new Refusal(
        403,
        'M_FORBIDDEN',
        `User ${caller.userId} not in room ${request.param('roomId')}, and room previews are disabled`,
      );
    }
    const depthMax = Number(request.query.get('max_depth') ?? Number.POSITIVE_INFINITY);
    const suggestedOnly = request.query.get('suggested_only') === 'true';
    const found = new Map<RoomId, JsonObject>();
    walk({ world, caller, suggestedOnly, found }, root, depthMax);
    const from = Number(request.query.get('from')?.slice(1) ?? 0);
    const limit = Math.min(Number(request.query.get('limit') ?? roomsPerPage), roomsPerPage);
    const end = from + limit;
    return ok({
      rooms: [...found.values()].slice(from, end),
      ...(end < found.size ? { next_batch: `h${end}` } : {}),
    });
  },
);

interface Walk {
  readonly world: World;
  readonly caller: Caller;
  readonly suggestedOnly: boolean;
  readonly found: Map<RoomId, JsonObject>;
}

function walk(on: Walk, room: Room, depth: number): void {
  if (on.found.has(room.roomId) || !isVisible(on.world, room, on.caller)) return;
  const isSpace = room.state('m.room.create', '')?.content['type'] === 'm.space';
  const children = isSpace
    ? childrenOf(room).filter(({ content }) => !on.suggestedOnly || content['suggested'] === true)
    : [];
  on.found.set(room.roomId, summary(room, children));
  if (depth <= 0) return;
  for (const { state_key: childId = '' } of children) {
    const child = on.world.rooms.get(childId);
    if (child !== undefined) walk(on, child, depth - 1);
  }
}

/** Only with a `via` it is a child; by `order`, then by age. */
function childrenOf(room: Room): readonly FakeEvent[] {
  const orderOf = ({ content }: FakeEvent) =>
    typeof content['order'] === 'string' ? content['order'] : '\u{10ffff}';
  return room
    .allState()
    .filter(({ type, content }) => {
      const { via } = content;
      return type === 'm.space.child' && Array.isArray(via) && via.length > 0;
    })
    .sort((one, other) => {
      if (orderOf(one) !== orderOf(other)) return orderOf(one) < orderOf(other) ? -1 : 1;
      return one.position - other.position;
    });
}

function summary(room: Room, children: readonly FakeEvent[]): JsonObject {
  const field = (type: string, name: string) => room.state(type, '')?.content[name];
  const optional = {
    name: field('m.room.name', 'name'),
    topic: field('m.room.topic', 'topic'),
    canonical_alias: field('m.room.canonical_alias', 'alias'),
    avatar_url: field('m.room.avatar', 'url'),
    room_type: field('m.room.create', 'type'),
    encryption: field('m.room.encryption', 'algorithm'),
  };
  const given = Object.entries(optional).filter(([, value]) => value !== undefined);
  return {
    room_id: room.roomId,
    room_version: room.version,
    ...Object.fromEntries(given),
    num_joined_members: room.joined().length,
    world_readable: field('m.room.history_visibility', 'history_visibility') === 'world_readable',
    guest_can_join: field('m.room.guest_access', 'guest_access') === 'can_join',
    join_rule: field('m.room.join_rules', 'join_rule') ?? 'invite',
    children_state: children.map(({ type, state_key, content, sender, origin_server_ts }) => ({
      type,
      state_key,
      content,
      sender,
      origin_server_ts,
    })),
  };
}

function isVisible(world: World, room: Room, { userId }: Caller): boolean {
  const membership = room.membership(userId);
  if (membership === 'join' || membership === 'invite') return true;
  const joinRule = room.state('m.room.join_rules', '')?.content['join_rule'];
  const visibility = room.state('m.room.history_visibility', '')?.content['history_visibility'];
  if (joinRule === 'public' || joinRule === 'knock' || joinRule === 'knock_restricted') return true;
  return (
    visibility === 'world_readable' || (joinRule === 'restricted' && isAllowed(world, room, userId))
  );
}

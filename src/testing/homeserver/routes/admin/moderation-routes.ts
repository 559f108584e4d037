import type { UserId } from '../../../../matrix/ids.ts';
import { localUser } from '../../admin-user-view.ts';
import { parseJsonObject } from '../../json-content.ts';
import type { Medium } from '../../media.ts';
import { type JsonObject, ok, Refusal, type Reply } from '../../reply.ts';
import { administrative, type FakeRequest, type Route } from '../../route.ts';
import type { World } from '../../world.ts';

const admin = '/_synapse/admin/v1';
const media = `${admin}/users/{userId}/media`;

/** Synapse lists and deletes so many media in one call. */
const mediaPerCallMax = 100;
/** Synapse redacts so many events of each room when no limit is given. */
const redactionsPerRoomDefault = 1000;

/** What a user has left behind, in Synapse's admin API. */
export const adminModerationRoutes: readonly Route[] = [
  administrative(
    'adminJoinedRooms',
    'GET',
    `${admin}/users/{userId}/joined_rooms`,
    (world, request) => {
      const rooms = roomsOf(world, request.param('userId'), ['join']);
      return ok({ joined_rooms: rooms, total: rooms.length });
    },
  ),
  administrative(
    'adminMemberships',
    'GET',
    `${admin}/users/{userId}/memberships`,
    (world, request) => {
      const userId = request.param('userId');
      const memberships = world.rooms
        .all()
        .map((room) => [room.roomId, room.membership(userId)] as const)
        .filter(([, membership]) => membership !== undefined);
      return ok({ memberships: Object.fromEntries(memberships) });
    },
  ),
  administrative('adminListMedia', 'GET', media, (world, request) => {
    const all = mediaOf(world, localUser(world, request.param('userId')).userId);
    return ok({ media: all.slice(0, mediaPerCallMax).map(viewMedium), total: all.length });
  }),
  administrative('adminDeleteMedia', 'DELETE', media, (world, request) => {
    const all = mediaOf(world, localUser(world, request.param('userId')).userId);
    const deleted = all.slice(0, mediaPerCallMax);
    for (const { mxc } of deleted) world.media.delete(mxc);
    return ok({ deleted_media: deleted.map(idOf), total: deleted.length });
  }),
  administrative('adminRedactUser', 'POST', `${admin}/user/{userId}/redact`, redactUser),
  administrative(
    'adminRedactStatus',
    'GET',
    `${admin}/user/redact_status/{redactId}`,
    (world, request) => {
      const redactId = request.param('redactId');
      if (!world.redactions.has(redactId)) {
        throw new Refusal(404, 'M_NOT_FOUND', `redact id '${redactId}' not found`);
      }
      return ok({ status: 'complete', failed_redactions: {} });
    },
  ),
];

function roomsOf(world: World, userId: string, memberships: readonly string[]): readonly string[] {
  return world.rooms
    .all()
    .filter((room) => memberships.includes(room.membership(userId) ?? ''))
    .map((room) => room.roomId);
}

/** No rooms mean all that the user is in or was banned from. */
function redactUser(world: World, request: FakeRequest): Reply {
  const { userId } = localUser(world, request.param('userId'));
  const { rooms: given, limit = redactionsPerRoomDefault, reason } = parseJsonObject(request.body);
  if (!Array.isArray(given)) throw new Refusal(400, 'M_MISSING_PARAM', "Missing params: ['rooms']");
  const roomIds = given.length > 0 ? given.map(String) : roomsOf(world, userId, ['join', 'ban']);
  const content = typeof reason === 'string' ? { reason } : {};
  for (const roomId of roomIds) redactIn(world, roomId, userId, Number(limit), content);
  const redactId = world.ids.chars(16);
  world.redactions.add(redactId);
  return ok({ redact_id: redactId });
}

function redactIn(
  world: World,
  roomId: string,
  userId: UserId,
  limit: number,
  content: JsonObject,
): void {
  const room = world.rooms.get(roomId);
  if (room === undefined) return;
  const said = room.timeline.filter(
    (event) =>
      event.sender === userId &&
      event.state_key === undefined &&
      event.type !== 'm.room.redaction' &&
      event.redactedBecause === undefined,
  );
  for (const { event_id: redacts } of said.slice(-limit)) {
    world.rooms.append(room, {
      type: 'm.room.redaction',
      sender: userId,
      content: room.hasNewRedactions ? { ...content, redacts } : content,
      redacts,
    });
  }
}

const mediaOf = (world: World, userId: UserId): readonly Medium[] =>
  world.media.all().filter(({ uploader }) => uploader === userId);

const idOf = ({ mxc }: Medium): string => mxc.slice(mxc.lastIndexOf('/') + 1);

const viewMedium = (medium: Medium): JsonObject => ({
  media_id: idOf(medium),
  media_length: medium.bytes.length,
  media_type: medium.contentType,
  upload_name: medium.filename ?? null,
  created_ts: 0,
  last_access_ts: null,
  quarantined_by: null,
  safe_from_quarantine: false,
});

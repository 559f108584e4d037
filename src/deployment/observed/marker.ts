import type { RoomId, UserId } from '../../matrix/ids.ts';
import { isJsonObject, type JsonObject, listOf, textOf } from '../../matrix/json.ts';
import type { RoomView } from './room-view.ts';

/** The state event in which a room keeps whose it is, so that neither alias nor name has to. */
export const markerType = 'org.bellhop.deployment';

/** What a room says of its place in a deployment. */
export interface Marker {
  readonly deployment: string;
  readonly key: string;
  /** The aliases that led here, so that whoever moves one away has taken it from this room. */
  readonly aliases: readonly string[];
  /** The text the bot has pinned, and its event. */
  readonly pinned: { readonly eventId: string; readonly text: string } | undefined;
}

/** The content of a marker's event. */
export function markerContent(marker: Marker): JsonObject {
  const { deployment, key, aliases, pinned } = marker;
  return {
    deployment,
    key,
    ...(aliases.length === 0 ? {} : { aliases }),
    ...(pinned === undefined ? {} : { pinned: { event_id: pinned.eventId, text: pinned.text } }),
  };
}

/** A room's marker; undefined: it has none, or another than the bot wrote it. */
export function markerOf(room: RoomView, botUserId: UserId): Marker | undefined {
  const event = room.event(markerType);
  if (event === undefined || event.sender !== botUserId) return undefined;
  const deployment = textOf(event.content['deployment']);
  const key = textOf(event.content['key']);
  if (deployment === undefined || key === undefined) return undefined;
  const listed = listOf(event.content['aliases']) ?? [];
  const aliases = listed.filter((alias) => typeof alias === 'string');
  return { deployment, key, aliases, pinned: pinnedOf(event.content['pinned']) };
}

function pinnedOf(value: unknown): Marker['pinned'] {
  if (!isJsonObject(value)) return undefined;
  const eventId = textOf(value['event_id']);
  const text = textOf(value['text']);
  return eventId === undefined || text === undefined ? undefined : { eventId, text };
}

/** Rooms by the key in their markers; a key can be in several when a room was upgraded. */
export type MarkedRooms = ReadonlyMap<string, readonly RoomId[]>;

import type { Clock } from '../../clock.ts';
import type { EventId, RoomAlias, RoomId, UserId } from '../../matrix/ids.ts';
import type { IdSource } from './id-source.ts';
import { Refusal } from './reply.ts';
import { type FakeEvent, Room } from './room.ts';
import type { Stream } from './stream.ts';

/** What is still to be given an id, a time and a place. */
export type NewEvent = Pick<FakeEvent, 'type' | 'sender' | 'content'> &
  Partial<Pick<FakeEvent, 'state_key' | 'redacts' | 'transaction'>>;

export interface Directed {
  readonly roomId: RoomId;
  readonly createdBy: UserId;
}

/** A room's id and that of its create event, which from version 12 on names the room. */
export interface NewRoomId {
  readonly roomId: RoomId;
  readonly eventId: EventId;
}

/** All rooms, their aliases, and the one stream of their events. */
export class Rooms {
  readonly aliases: Map<RoomAlias, Directed> = new Map();
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #serverName: string;
  readonly #records: boolean;
  readonly #rooms = new Map<string, Room>();
  readonly #stream: Stream;
  readonly #listeners = new Set<(event: FakeEvent) => void>();

  constructor(clock: Clock, ids: IdSource, serverName: string, records: boolean, stream: Stream) {
    this.#clock = clock;
    this.#ids = ids;
    this.#serverName = serverName;
    this.#records = records;
    this.#stream = stream;
  }

  get(roomId: string): Room | undefined {
    return this.#rooms.get(roomId);
  }

  all(): readonly Room[] {
    return [...this.#rooms.values()];
  }

  /** The ids of a room that is still to be made. */
  newId(version: string): NewRoomId {
    const eventId = this.#ids.eventId();
    return { eventId, roomId: this.#ids.roomId(eventId, Number(version), this.#serverName) };
  }

  /** A room with nothing but its create event. */
  open(
    sender: UserId,
    version: string,
    content: FakeEvent['content'],
    { eventId, roomId }: NewRoomId = this.newId(version),
  ): Room {
    const room = new Room(roomId, version, this.#records);
    this.#rooms.set(roomId, room);
    this.#add(room, eventId, { type: 'm.room.create', sender, content, state_key: '' });
    return room;
  }

  append(room: Room, event: NewEvent): EventId {
    return this.#add(room, this.#ids.eventId(), event);
  }

  /** Sets state without asking for power; the same content again is the same event, as in Synapse. */
  setState(
    room: Room,
    sender: UserId,
    type: string,
    key: string,
    content: FakeEvent['content'],
  ): EventId {
    const now = room.state(type, key);
    if (now?.sender === sender && sameJson(now.content, content)) return now.event_id;
    return this.append(room, { type, sender, content, state_key: key });
  }

  /** Calls `listener` with every event from now on. The returned function ends it. */
  onEvent(listener: (event: FakeEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** @throws Refusal 403 in Synapse's words when the user is not joined, or there is no such room. */
  whereJoined(roomId: string, userId: UserId): Room {
    const room = this.#rooms.get(roomId);
    if (room?.membership(userId) !== 'join') {
      throw new Refusal(403, 'M_FORBIDDEN', `User ${userId} not in room ${roomId}`);
    }
    return room;
  }

  /** Who left may still read, as by the history visibility `shared`. @throws Refusal 403. */
  whereReadable(roomId: string, userId: UserId): Room {
    const room = this.#rooms.get(roomId);
    const membership = room?.membership(userId);
    if (
      room === undefined ||
      membership === undefined ||
      membership === 'invite' ||
      room.forgotten.has(userId)
    ) {
      throw new Refusal(
        403,
        'M_FORBIDDEN',
        `User ${userId} not in room ${roomId}, and room previews are disabled`,
      );
    }
    return room;
  }

  #add(room: Room, eventId: EventId, draft: NewEvent): EventId {
    const replaced =
      draft.state_key === undefined ? undefined : room.state(draft.type, draft.state_key);
    const event: FakeEvent = {
      ...draft,
      ...(replaced === undefined ? {} : { prevContent: replaced.content }),
      event_id: eventId,
      room_id: room.roomId,
      origin_server_ts: this.#clock.now(),
      position: this.#stream.next(),
    };
    room.add(event);
    if (event.redacts !== undefined) room.redact(event.redacts, event);
    for (const listener of this.#listeners) listener(event);
    this.#stream.announce(
      ({ userId }) => room.membership(userId) === 'join' || event.state_key === userId,
    );
    return eventId;
  }
}

/** Equal as JSON; the order of keys counts, which at worst makes one event more. */
const sameJson = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other);

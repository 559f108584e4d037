import { parseRoomId, parseUserId, type RoomId, type UserId } from '../../matrix/ids.ts';
import { fromText, type JsonObject, objectOf, textOf } from '../../matrix/json.ts';
import { type Membership, parseMembership } from '../../matrix/membership.ts';
import { type CreateEvent, powerOf, roomVersionOf } from '../../matrix/power.ts';
import type { StateEvent } from '../../matrix/state-event.ts';

const keyOf = (type: string, stateKey: string): string => `${type}\0${stateKey}`;

/** The state of a room at one moment. */
export class RoomView {
  readonly roomId: RoomId;
  readonly events: readonly StateEvent[];
  readonly #byKey: ReadonlyMap<string, StateEvent>;

  constructor(roomId: RoomId, events: readonly StateEvent[]) {
    this.roomId = roomId;
    this.events = events;
    this.#byKey = new Map(events.map((event) => [keyOf(event.type, event.stateKey), event]));
  }

  event(type: string, stateKey = ''): StateEvent | undefined {
    return this.#byKey.get(keyOf(type, stateKey));
  }

  /** Undefined: there is no such state. */
  content(type: string, stateKey = ''): JsonObject | undefined {
    return this.event(type, stateKey)?.content;
  }

  /** All of one type, by state key. */
  contentsOf(type: string): Map<string, JsonObject> {
    const found = this.events.filter((event) => event.type === type);
    return new Map(found.map((event) => [event.stateKey, event.content]));
  }

  /** Undefined: the room is so broken that it has no beginning. */
  get create(): CreateEvent | undefined {
    return this.event('m.room.create');
  }

  get version(): string {
    return this.create === undefined ? '1' : roomVersionOf(this.create);
  }

  get isSpace(): boolean {
    return this.create?.content['type'] === 'm.space';
  }

  get federates(): boolean {
    return this.create?.content['m.federate'] !== false;
  }

  get powerLevels(): JsonObject | undefined {
    return this.content('m.room.power_levels');
  }

  /** The room this one says to continue. */
  get predecessor(): RoomId | undefined {
    return fromText(parseRoomId)(objectOf(this.create?.content['predecessor'])?.['room_id']);
  }

  /** Undefined: the room is open. */
  get tombstone(): { readonly replacement: RoomId | undefined } | undefined {
    const content = this.content('m.room.tombstone');
    if (content === undefined) return undefined;
    const replacement = textOf(content['replacement_room']);
    return { replacement: replacement === undefined ? undefined : parseRoomId(replacement) };
  }

  /** `Infinity` for creators of rooms of version 12 and later. */
  powerOf(userId: UserId): number {
    return this.create === undefined
      ? 0
      : powerOf(userId, this.powerLevels, this.create, this.version);
  }

  /** Undefined: never was here. */
  membershipOf(userId: UserId): Membership | undefined {
    return fromText(parseMembership)(this.content('m.room.member', userId)?.['membership']);
  }

  /** Everybody who ever was here. */
  get memberships(): Map<UserId, Membership> {
    const memberships = new Map<UserId, Membership>();
    for (const [stateKey, content] of this.contentsOf('m.room.member')) {
      const userId = parseUserId(stateKey);
      const membership = fromText(parseMembership)(content['membership']);
      if (userId !== undefined && membership !== undefined) memberships.set(userId, membership);
    }
    return memberships;
  }
}

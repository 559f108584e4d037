import type { EventId, RoomId, UserId } from '../../matrix/ids.ts';
import { isObject } from './json-content.ts';
import type { JsonObject } from './reply.ts';

/** An event as the fake keeps it: the specification's fields, and what a test may want to know. */
export interface FakeEvent {
  readonly event_id: EventId;
  readonly room_id: RoomId;
  readonly type: string;
  readonly sender: UserId;
  readonly origin_server_ts: number;
  /** Becomes `{}` when the event is redacted. */
  readonly content: JsonObject;
  readonly state_key?: string;
  /** What a redaction redacts. */
  readonly redacts?: string;
  /** The redaction that emptied this event. */
  readonly redactedBecause?: FakeEvent;
  /** The content of the state event that this one replaced. */
  readonly prevContent?: JsonObject;
  /** Place in the homeserver's stream. */
  readonly position: number;
  /** Who sent it with which transaction id; undefined for state and for sends without one. */
  readonly transaction?: { readonly txnId: string; readonly deviceId: string | undefined };
}

export type Membership = 'invite' | 'join' | 'leave' | 'ban';

/** One room: its current state, its events in order, and what its power levels mean. */
export class Room {
  readonly roomId: RoomId;
  /** As the create event has it. */
  readonly version: string;
  readonly timeline: FakeEvent[] = [];
  /** Who has left and does not want to see it any more. */
  readonly forgotten: Set<string> = new Set();
  /** Place in the stream of each user's last time as a member: of the join, or of the end if it has ended. */
  readonly lastJoined: Map<string, number> = new Map();
  /** Whether its history was ever for invited or joined users alone. */
  hidesHistory = false;
  readonly #state = new Map<string, FakeEvent>();
  readonly #byId = new Map<string, number>();
  readonly #records: boolean;

  constructor(roomId: RoomId, version: string, records: boolean) {
    this.roomId = roomId;
    this.version = version;
    this.#records = records;
  }

  /** Room version 12 and later, where creators stand above all power levels. */
  get hasCreators(): boolean {
    return Number(this.version) >= 12;
  }

  /** Room version 11 and later: a redaction names its event inside the content, and create events name no creator. */
  get hasNewRedactions(): boolean {
    return Number(this.version) >= 11;
  }

  add(event: FakeEvent): void {
    if (event.state_key !== undefined) {
      this.#state.set(stateKey(event.type, event.state_key), event);
      this.#follow(event, event.state_key);
    }
    if (!this.#records) return;
    this.#byId.set(event.event_id, this.timeline.length);
    this.timeline.push(event);
  }

  #follow({ type, content, prevContent, position }: FakeEvent, key: string): void {
    if (type === 'm.room.history_visibility') {
      const visibility = content['history_visibility'];
      if (visibility === 'invited' || visibility === 'joined') this.hidesHistory = true;
    }
    if (type !== 'm.room.member') return;
    if (content['membership'] === 'join' || prevContent?.['membership'] === 'join') {
      this.forgotten.delete(key);
      this.lastJoined.set(key, position);
    }
  }

  /** How many events are before that one; all, if it is not here. */
  placeOf(eventId: string): number {
    return this.#byId.get(eventId) ?? this.timeline.length;
  }

  event(eventId: string): FakeEvent | undefined {
    const place = this.#byId.get(eventId);
    return place === undefined ? undefined : this.timeline[place];
  }

  /** Empties the content of an event, if it is here. */
  redact(eventId: string, redactedBecause: FakeEvent): void {
    const place = this.#byId.get(eventId);
    const event = place === undefined ? undefined : this.timeline[place];
    if (place === undefined || event === undefined) return;
    const emptied = { ...event, content: {}, redactedBecause };
    this.timeline[place] = emptied;
    const key = stateKey(event.type, event.state_key ?? '');
    if (this.#state.get(key) === event) this.#state.set(key, emptied);
  }

  state(type: string, key: string): FakeEvent | undefined {
    return this.#state.get(stateKey(type, key));
  }

  allState(): readonly FakeEvent[] {
    return [...this.#state.values()];
  }

  membership(userId: string): Membership | undefined {
    return this.state('m.room.member', userId)?.content['membership'] as Membership | undefined;
  }

  joined(): readonly UserId[] {
    return this.allState()
      .filter((event) => event.type === 'm.room.member' && event.content['membership'] === 'join')
      .map((event) => event.state_key as UserId);
  }

  /** From version 12 on: whether the create event names the user as one who stands above all power levels. */
  isCreator(userId: string): boolean {
    const create = this.state('m.room.create', '');
    if (!this.hasCreators || create === undefined) return false;
    const additional = create.content['additional_creators'];
    return create.sender === userId || (Array.isArray(additional) && additional.includes(userId));
  }

  /** Infinite for the creators of a version 12 room, client-server API §11.38 and room versions §12. */
  power(userId: string): number {
    if (this.isCreator(userId)) return Number.POSITIVE_INFINITY;
    const levels = this.#powerLevels();
    const users = levels['users'];
    const own = isObject(users) ? users[userId] : undefined;
    return numberOr(own, numberOr(levels['users_default'], 0));
  }

  /** The power needed to send events of a type; undefined asks for messages or state at large. */
  powerToSend(type: string, isState: boolean): number {
    const levels = this.#powerLevels();
    const events = levels['events'];
    const own = isObject(events) ? events[type] : undefined;
    const fallback = isState
      ? numberOr(levels['state_default'], 50)
      : numberOr(levels['events_default'], 0);
    return numberOr(own, fallback);
  }

  /** The power needed to act on others. */
  powerTo(action: 'invite' | 'kick' | 'ban' | 'redact'): number {
    return numberOr(this.#powerLevels()[action], action === 'invite' ? 0 : 50);
  }

  #powerLevels(): JsonObject {
    return this.state('m.room.power_levels', '')?.content ?? {};
  }
}

const stateKey = (type: string, key: string): string => `${type}\n${key}`;

const numberOr = (value: unknown, fallback: number): number =>
  typeof value === 'number' ? value : fallback;

import { isObject } from './json-content.ts';
import { type JsonObject, Refusal } from './reply.ts';

interface Filtered {
  readonly type: string;
  readonly sender?: string;
}

/** Whether a filter lets an event pass. */
export type EventFilter = (event: Filtered) => boolean;

/** What of a filter (client-server API §6.3) the fake reads; the rest asks for nothing it has. */
export interface SyncFilter {
  readonly passesRoom: (roomId: string) => boolean;
  readonly timeline: EventFilter;
  readonly timelineEventsMax: number;
  readonly state: EventFilter;
  /** Only members who say something in the timeline are shown. */
  readonly lazyLoadMembers: boolean;
  readonly accountData: EventFilter;
}

/** Synapse's timeline limit when the filter names none. */
const timelineEventsMaxDefault = 10;

export function readSyncFilter(filter: JsonObject): SyncFilter {
  const room = objectOrEmpty(filter['room']);
  const timeline = objectOrEmpty(room['timeline']);
  const state = objectOrEmpty(room['state']);
  const limit = timeline['limit'];
  const rooms = listOf(room['rooms']);
  const notRooms = listOf(room['not_rooms']);
  return {
    passesRoom: (roomId) =>
      (rooms?.includes(roomId) ?? true) && !(notRooms?.includes(roomId) ?? false),
    timeline: readEventFilter(timeline),
    timelineEventsMax: typeof limit === 'number' ? limit : timelineEventsMaxDefault,
    state: readEventFilter(state),
    lazyLoadMembers: state['lazy_load_members'] === true,
    accountData: readEventFilter(objectOrEmpty(filter['account_data'])),
  };
}

/** Of an EventFilter the parts `types`, `senders` and their opposites; `*` stands for anything in a type. */
export function readEventFilter(filter: JsonObject): EventFilter {
  const types = listOf(filter['types'])?.map(typePattern);
  const senders = listOf(filter['senders']);
  const notTypes = (listOf(filter['not_types']) ?? []).map(typePattern);
  const notSenders = listOf(filter['not_senders']) ?? [];
  return ({ type, sender }) =>
    (types?.some((pattern) => pattern.test(type)) ?? true) &&
    (senders?.includes(sender) ?? true) &&
    !notTypes.some((pattern) => pattern.test(type)) &&
    !notSenders.includes(sender);
}

/** A filter as JSON text. @throws Refusal 400. */
export function parseFilter(text: string): JsonObject {
  try {
    const filter: unknown = JSON.parse(text);
    return isObject(filter) ? filter : {};
  } catch (cause) {
    if (cause instanceof SyntaxError) throw badFilter(cause);
    throw cause;
  }
}

const badFilter = (cause: SyntaxError): Refusal =>
  new Refusal(400, 'M_UNKNOWN', 'Invalid filter JSON.', { cause });

const typePattern = (type: unknown): RegExp =>
  new RegExp(`^${String(type).split('*').map(RegExp.escape).join('.*')}$`);

const objectOrEmpty = (value: unknown): JsonObject => (isObject(value) ? value : {});

const listOf = (value: unknown): readonly unknown[] | undefined =>
  Array.isArray(value) ? value : undefined;

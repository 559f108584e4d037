import { isJsonObject, type JsonObject } from './json.ts';

/** Defaults of `m.room.power_levels` (Client-Server API "m.room.power_levels"). */
const stateDefault = 50;
const creatorWithoutPowerLevels = 100;

/** What of the create event decides about power. */
export interface CreateEvent {
  readonly sender: string;
  readonly content: JsonObject;
}

/** Rooms of versions before 10 may hold levels as text. */
function level(value: unknown): number | undefined {
  if (typeof value === 'number' && Number.isFinite(value)) return Math.trunc(value);
  if (typeof value === 'string' && /^\s*[+-]?\d{1,16}\s*$/.test(value)) return Number(value);
  return undefined;
}

const levelIn = (levels: unknown, name: string): number | undefined =>
  isJsonObject(levels) && Object.hasOwn(levels, name) ? level(levels[name]) : undefined;

/** From room version 12 on (and in its preview) creators stand above all levels. */
const creatorsStandAbove = (roomVersion: string): boolean =>
  /^\d{1,4}$/.test(roomVersion)
    ? Number(roomVersion) >= 12
    : roomVersion.startsWith('org.matrix.hydra.');

/** The room version a create event names; rooms that name none are of version 1. */
export function roomVersionOf(createEvent: CreateEvent): string {
  const version = createEvent.content['room_version'];
  return typeof version === 'string' ? version : '1';
}

/** The power of a user in a room; `Infinity` for creators of rooms of version 12 and later. */
export function powerOf(
  userId: string,
  powerLevels: JsonObject | undefined,
  createEvent: CreateEvent,
  roomVersion: string,
): number {
  const { sender, content } = createEvent;
  if (creatorsStandAbove(roomVersion)) {
    const additional = content['additional_creators'];
    if (userId === sender) return Number.POSITIVE_INFINITY;
    if (Array.isArray(additional) && additional.includes(userId)) return Number.POSITIVE_INFINITY;
  }
  if (powerLevels === undefined) {
    // Until version 10 the creator is named in the content.
    return userId === (content['creator'] ?? sender) ? creatorWithoutPowerLevels : 0;
  }
  return levelIn(powerLevels['users'], userId) ?? level(powerLevels['users_default']) ?? 0;
}

/** The power it takes to send an event of this type. */
export function levelToSend(
  eventType: string,
  isState: boolean,
  powerLevels: JsonObject | undefined,
): number {
  const named = levelIn(powerLevels?.['events'], eventType);
  if (named !== undefined) return named;
  return isState
    ? (level(powerLevels?.['state_default']) ?? stateDefault)
    : (level(powerLevels?.['events_default']) ?? 0);
}

import type { Destination, RoutingRules } from './destination.ts';
import type { RoomDirectory } from './room-directory.ts';

/** What a call says about where it wants to go. */
export interface RoomChoice {
  /** Rooms the call names, in any spelling; undefined or empty: it names none. */
  readonly rooms?: readonly string[] | undefined;
  readonly origin?: string | undefined;
}

export type ChosenRooms =
  | { readonly ok: true; readonly destinations: readonly Destination[] }
  /**
   * `unknown`: no such room is configured; `unasked`: nor is it known yet whether it is; `forbidden`: not for this source;
   * `none`: no room named and no default.
   */
  | {
      readonly ok: false;
      readonly refused: 'unknown' | 'unasked' | 'forbidden' | 'none';
      readonly room: string | undefined;
    };

const noRoom: ChosenRooms = { ok: false, refused: 'none', room: undefined };

/** The first room that `named` may mean and the source may reach. */
export function allowedRoom(
  rules: RoutingRules,
  directory: RoomDirectory,
  named: string,
): Destination | 'unknown' | 'unasked' | 'forbidden' {
  const found = directory.find(named);
  if (found.length === 0) {
    return directory.mayBeRoom(named) ? 'unasked' : 'unknown';
  }
  return found.find((destination) => rules.allowed.includes(destination.name)) ?? 'forbidden';
}

/** A room id or alias in full: nobody's kitchen is called so. */
const fullAddress = /^(?:[#!][^\s:]+:\S+|![\w-]{43})$/;

/**
 * Whether a payload that says `room` means where to: a room that the source may reach, or what can only be a Matrix room and may
 * be one of ours; it is refused then if it is not for the source.
 */
export function meansRoom(rules: RoutingRules, directory: RoomDirectory, text: string): boolean {
  const isOurs = typeof allowedRoom(rules, directory, text) === 'object';
  return isOurs || (fullAddress.test(text) && directory.mayBeRoom(text));
}

/** Several names may stand for one room. */
const isSameLane = (one: Destination, other: Destination): boolean =>
  one.account === other.account && one.room === other.room;

/** The rooms the source uses when the call names none; these need not be in `allowed`. */
function usualRooms(rules: RoutingRules, directory: RoomDirectory, origin?: string): ChosenRooms {
  const special =
    origin !== undefined && Object.hasOwn(rules.origins, origin)
      ? rules.origins[origin]
      : undefined;
  const names = special === undefined ? rules.defaultRooms : [special];
  const destinations: Destination[] = [];
  for (const name of names) {
    const destination = directory.byName(name);
    if (destination === undefined) return { ok: false, refused: 'unknown', room: name };
    if (!destinations.some((one) => isSameLane(one, destination))) destinations.push(destination);
  }
  return destinations.length === 0 ? noRoom : { ok: true, destinations };
}

/**
 * Where a call goes: to the rooms it names, else to the room of its origin, else to the source's own. Each room once, in
 * the order named; one room that may not be reached refuses the whole call.
 */
export function chooseRooms(
  rules: RoutingRules,
  directory: RoomDirectory,
  choice: RoomChoice,
): ChosenRooms {
  if (choice.rooms === undefined || choice.rooms.length === 0) {
    return usualRooms(rules, directory, choice.origin);
  }
  const destinations: Destination[] = [];
  for (const named of choice.rooms) {
    const destination = allowedRoom(rules, directory, named);
    if (typeof destination === 'string') return { ok: false, refused: destination, room: named };
    if (!destinations.some((one) => isSameLane(one, destination))) destinations.push(destination);
  }
  return { ok: true, destinations };
}

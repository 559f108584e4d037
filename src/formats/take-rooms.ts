import { cleanLine } from '../notification/clean-text.ts';
import type { RoomRecognition } from './format.ts';
import { type Members, scalar } from './members.ts';

/** One call can reach this many rooms: each is an entry of its own. */
const roomsMax = 20;
const noText: RoomRecognition = () => false;

const roomMember = 'room';

/** Whether a member of this name, in any case, may say where to. */
export function namesRooms(name: string): boolean {
  return name.toLowerCase() === roomMember;
}

/** The rooms a text names: the whole of it, or the parts between its commas and white space; empty: it names none. */
export function roomsOfText(text: string, isRoom: RoomRecognition): readonly string[] {
  const whole = cleanLine(text);
  if (isRoom(whole)) return [whole];
  const parts = whole.split(/[\s,]+/).filter((part) => part !== '');
  return areRooms(parts, isRoom) ? parts : [];
}

function areRooms(names: readonly string[], isRoom: RoomRecognition): boolean {
  return names.length > 0 && names.length <= roomsMax && names.every(isRoom);
}

function roomsOf(value: unknown, isRoom: RoomRecognition): readonly string[] {
  if (!Array.isArray(value)) return roomsOfText(scalar(value) ?? '', isRoom);
  const names = value.map((item) => cleanLine(scalar(item) ?? ''));
  return areRooms(names, isRoom) ? names : [];
}

/**
 * The rooms that the member `room` names, and the other members. Undefined: it names none, as it may be a sensor's
 * kitchen, and is to be shown as all that nobody understands.
 */
export function takeRooms(
  members: Members,
  isRoom: RoomRecognition = noText,
): { readonly rooms: readonly string[]; readonly rest: Members } | undefined {
  const value = members.get(roomMember)?.value;
  if (value === undefined) return undefined;
  const rooms = roomsOf(value, isRoom);
  if (rooms.length === 0) return undefined;
  const rest = new Map(members);
  rest.delete(roomMember);
  return { rooms, rest };
}

import { z } from 'zod';
import type { RoomReference } from '../../matrix/ids.ts';
import { type RoomConfig, type Sharing, sharings } from '../config.ts';
import { name, roomReference, type Shape, type Span, span } from '../fields.ts';
import { plainRoom } from '../plain-room.ts';

interface RoomEntry {
  readonly room: RoomReference;
  readonly account: string | undefined;
  readonly encryption: RoomConfig['encryption'];
  readonly sharing: Sharing | undefined;
  readonly late_after: Span;
  readonly expire_after: Span;
  readonly msgtype: RoomConfig['msgtype'];
}

/** A room as the file has it, in its short or its long form. */
export type RoomInput = RoomReference | RoomEntry;

const shape: Shape<RoomEntry> = {
  room: roomReference.describe('Room id or alias.'),
  account: z
    .string()
    .optional()
    .describe('Name of the account that speaks here. Default: the first account.'),
  encryption: z
    .enum(['auto', 'required'])
    .default('auto')
    .describe('`required`: nothing is sent unless the room is encrypted.'),
  sharing: z
    .enum(sharings)
    .optional()
    .describe('Who can read what is encrypted for this room. Default: as its account.'),
  late_after: span
    .prefault('5m')
    .describe('A message delivered later than this says since when it was queued.'),
  expire_after: span
    .prefault('never')
    .describe('A message that could not leave for so long ends as expired.'),
  msgtype: z
    .enum(['m.text', 'm.notice'])
    .default('m.text')
    .describe('`m.notice` makes no sound in most clients.'),
};

/** The Matrix rooms, by the names that sources and callers use. */
export const roomsSchema: z.ZodType<Record<string, RoomInput>> = z.record(
  name,
  z.union([roomReference, z.strictObject(shape)]),
);

/** One room, its account filled in; whether that account exists is checked later. */
export function toRoom(roomName: string, input: RoomInput, defaultAccount: string): RoomConfig {
  if (typeof input === 'string') return plainRoom(roomName, input, defaultAccount);
  return {
    name: roomName,
    room: input.room,
    account: input.account ?? defaultAccount,
    encryption: input.encryption,
    sharing: input.sharing,
    msgtype: input.msgtype,
    lateAfterMs: input.late_after.ms,
    expireAfterMs: input.expire_after.ms,
  };
}

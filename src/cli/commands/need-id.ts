import { Failure } from '../../errors.ts';
import { parseBaseUrl } from '../../matrix/base-url.ts';
import {
  parseRoomReference,
  parseUserId,
  type RoomReference,
  type UserId,
} from '../../matrix/ids.ts';

/** @throws Failure usage */
export function needUserId(text: string): UserId {
  const userId = parseUserId(text);
  if (userId !== undefined) return userId;
  throw new Failure('usage', { detail: `"${text}" is no user id such as @bellhop:example.org.` });
}

/** @throws Failure usage */
export function needRoomReference(text: string): RoomReference {
  const room = parseRoomReference(text);
  if (room !== undefined) return room;
  throw new Failure('usage', {
    detail: `"${text}" is neither a configured room, nor a room id, nor an alias such as #ops:example.org.`,
  });
}

/** Undefined for undefined. @throws Failure usage */
export function needBaseUrl(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const url = parseBaseUrl(text);
  if (url !== undefined) return url;
  throw new Failure('usage', {
    detail: `"${text}" is no base URL such as https://matrix.example.org, without /_matrix.`,
  });
}

/** A whole number of `max` at most and 1 at least. @throws Failure usage */
export function needCount(option: string, text: string, max: number): number {
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0;
  if (count >= 1 && count <= max) return count;
  throw new Failure('usage', { detail: `${option} takes a number from 1 to ${max}.` });
}

import type { Migration } from '../migrate.ts';
import { outboxAndRooms } from './0001-outbox-and-rooms.ts';
import { people } from './0002-people.ts';
import { owedByPlace } from './0003-owed-by-place.ts';
import { oneRowPerEntry } from './0004-one-row-per-entry.ts';

/** Every step of the schema, in order. Append only: a released step never changes. */
export const migrations: readonly Migration[] = [
  outboxAndRooms,
  people,
  owedByPlace,
  oneRowPerEntry,
];

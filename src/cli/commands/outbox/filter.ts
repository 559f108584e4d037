import { type Command, Option } from 'commander';
import { parseDuration } from '../../../config/duration.ts';
import { Failure } from '../../../errors.ts';
import { type EntryState, entryStates } from '../../../outbox/entry.ts';
import type { EntryFilter } from '../../../outbox/outbox.ts';
import { keptRoom, type RoomDirectory } from '../../../routing/room-directory.ts';

/** The options by which entries are chosen. */
export interface FilterOptions {
  readonly state?: readonly EntryState[];
  readonly room?: string;
  readonly source?: string;
  readonly olderThan?: string;
}

function isEntryState(text: string): text is EntryState {
  return (entryStates as readonly string[]).includes(text);
}

/** `dead`, or several with commas between them. @throws Failure usage */
function parseStates(text: string, previous: readonly EntryState[] = []): readonly EntryState[] {
  const states = text.split(',').map((part) => part.trim());
  if (states.every(isEntryState)) return [...previous, ...states];
  throw new Failure('usage', {
    detail: `--state takes ${entryStates.join(', ')}, several with commas between them.`,
  });
}

/** Gives a command the options by which entries are chosen. */
export function addFilterOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--state <states>', `of ${entryStates.join(', ')}; commas between`).argParser(
        parseStates,
      ),
    )
    .option('--room <room>', 'a configured name, a room id or an alias')
    .option('--source <name>', 'from this source; local and cli are `bellhop send`')
    .option('--older-than <time>', 'accepted longer ago than 30m, 12h, 7d …');
}

/** How long ago, in milliseconds. @throws Failure usage */
export function needAge(option: string, text: string): number {
  const ageMs = parseDuration(text);
  if (ageMs !== undefined) return ageMs;
  throw new Failure('usage', { detail: `${option} takes a time such as 30m, 12h or 7d.` });
}

function needRoom(rooms: RoomDirectory, named: string): string {
  const room = keptRoom(rooms, named);
  if (room !== undefined) return room;
  throw new Failure('not_found', { detail: `No room "${named}" is configured.` });
}

/** The entries that the options choose; `now` is wall-clock milliseconds. @throws Failure usage, not_found */
export function filterOf(
  options: FilterOptions,
  rooms: RoomDirectory,
  now: number,
): Omit<EntryFilter, 'limit'> {
  const { state, room, source, olderThan } = options;
  return {
    states: state,
    room: room === undefined ? undefined : needRoom(rooms, room),
    source,
    createdBefore: olderThan === undefined ? undefined : now - needAge('--older-than', olderThan),
  };
}

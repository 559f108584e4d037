import type { EntryView } from '../../outbox/entry.ts';
import type { FakeEvent } from '../../testing/homeserver/room.ts';
import type { Played } from './play.ts';
import type { DemoRooms } from './stage.ts';

const margin = '     ';

/** Rows in aligned columns. */
function columns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? '').length)),
  );
  return rows
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .map((line) => `  ${line}`)
    .join('\n');
}

/** Who sent what, and how it was answered. */
export function exchangeText(played: Played, place: number): string {
  const { request, status, durationMs, answer, entryId } = played;
  return [
    `  ${place}. ${request.title}`,
    `${margin}${request.method} ${request.path}`,
    `${margin}answered ${status} after ${durationMs} ms: ${answer === '' ? '(no body)' : answer}`,
    `${margin}kept as ${entryId}`,
  ].join('\n');
}

/** A message as readers see it. */
export function messageText(room: string, event: FakeEvent): string {
  const { body } = event.content;
  const lines = typeof body === 'string' ? body.split('\n') : ['(no text)'];
  return [`${margin}in ${room} it reads:`, ...lines.map((line) => `${margin}| ${line}`)].join('\n');
}

/** The reason alone, without the request that found it out. */
const reasonOf = (words: string | undefined): string =>
  words?.replace(/^[A-Z]+ \S+: /, '') ?? 'the homeserver';

/** What is owed, as `bellhop outbox list` has it. */
export function owedText(played: readonly Played[], views: readonly EntryView[]): string {
  return columns([
    ['ID', 'STATE', 'ROOM', 'WAITS FOR'],
    ...played.map(({ entryId, request }) => {
      const view = views.find(({ id }) => id === entryId);
      return [entryId, view?.state ?? 'gone', request.room, reasonOf(view?.laneWaits)];
    }),
  ]);
}

const times = (count: number): string => (count === 1 ? 'once' : `${count} times`);

/** Every message with what became of it. */
export function endText(
  played: readonly Played[],
  views: readonly EntryView[],
  copies: (room: keyof DemoRooms, mark: string) => number,
): string {
  return columns([
    ['ID', 'SENDER', 'ROOM', 'STATE', 'TRIES', 'IN THE ROOM'],
    ...played.map(({ request, entryId }) => {
      const view = views.find(({ id }) => id === entryId);
      const { sender, room, mark } = request;
      const tries = String(view?.attempts ?? 0);
      return [entryId, sender, room, view?.state ?? 'gone', tries, times(copies(room, mark))];
    }),
  ]);
}

import { messages, type TimelineEvent } from '../../../src/matrix/events.ts';
import type { RoomId } from '../../../src/matrix/ids.ts';
import type { Session } from '../../../src/matrix/session.ts';

/** Small enough that a room of any test takes several pages. */
const pageSize = 20;
/** A room of 10,000 events; more is a loop. */
const pagesMax = 500;
const deadlineMs = 30_000;

/** Everything that was said in a room, oldest first, read page by page as any client reads it. */
export async function readRoom(reader: Session, roomId: RoomId): Promise<TimelineEvent[]> {
  const newestFirst: TimelineEvent[] = [];
  let from: string | undefined;
  for (let page = 0; page < pagesMax; page++) {
    const signal = AbortSignal.timeout(deadlineMs);
    const { events, next } = await messages(reader, roomId, { from, limit: pageSize }, signal);
    newestFirst.push(...events);
    if (next === undefined) {
      return newestFirst.reverse().filter(({ stateKey }) => stateKey === undefined);
    }
    from = next;
  }
  throw new Error(`${roomId} has no beginning.`);
}

/** The first line of each text in a room, oldest first. */
export async function readTexts(reader: Session, roomId: RoomId): Promise<string[]> {
  const events = await readRoom(reader, roomId);
  return events
    .filter(({ type }) => type === 'm.room.message')
    .map(({ content }) => String(content['body']).split('\n', 1)[0] ?? '');
}

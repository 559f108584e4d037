import type { RoomId } from '../../matrix/ids.ts';
import type { Played } from './play.ts';
import type { Stage } from './stage.ts';

/** What the demo came to. */
export interface DemoVerdict {
  readonly isWell: boolean;
  readonly sentence: string;
  readonly accepted: number;
  readonly delivered: number;
  readonly lost: number;
  readonly doubled: number;
  readonly misordered: number;
}

/** Counts what is in the rooms against what was accepted, in order. */
export function judge(stage: Stage, played: readonly Played[]): DemoVerdict {
  const expected = new Map<RoomId, string[]>();
  for (const { request } of played) {
    const roomId = stage.rooms[request.room];
    expected.set(roomId, [...(expected.get(roomId) ?? []), request.mark]);
  }
  const marks = played.map(({ request }) => request.mark);
  const { delivered, lost, doubled, misordered, unexpected } = stage.homeserver.verifyDelivery(
    expected,
    ({ body }) => marks.find((mark) => typeof body === 'string' && body.includes(mark)),
  );
  const accepted = played.length;
  const isWell = lost + doubled + misordered + unexpected === 0 && delivered === accepted;
  const counts = `lost ${lost}, doubled ${doubled}, misordered ${misordered}`;
  const sentence = isWell
    ? `${accepted} accepted, ${delivered} delivered, each exactly once and in order: ${counts}.`
    : `NOT exactly once: ${accepted} accepted, ${delivered} delivered, ${counts}.`;
  return { isWell, sentence, accepted, delivered, lost, doubled, misordered };
}

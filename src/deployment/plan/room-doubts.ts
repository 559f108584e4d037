import type { DesiredRoom } from '../desired.ts';
import type { RoomView } from '../observed/room-view.ts';
import type { Finding } from './plan.ts';
import type { PlanContext } from './plan-context.ts';

/** What speaks for another room than the one that is used for a key. */
export function doubtsOf(
  { key }: DesiredRoom,
  { roomId }: RoomView,
  { observed }: PlanContext,
): Finding[] {
  const { twins = [], passedOver } = observed.rooms.get(key) ?? {};
  const findings: Finding[] = [];
  if (twins.length > 0) {
    findings.push({
      kind: 'unfixable',
      key,
      field: undefined,
      reason: `There are several rooms of this key: ${roomId}, which is used, and ${twins.join(', ')}.`,
      wayOut: 'Let the bot leave the ones that are not wanted, and apply by one process only.',
    });
  }
  if (passedOver !== undefined) {
    findings.push({
      kind: 'note',
      key,
      field: 'room',
      reason: `The file names ${passedOver}, but ${roomId} is marked as the room of this key and is used.`,
      wayOut:
        'Take `room` out of the file, or let the bot leave the marked room to take over the other.',
    });
  }
  return findings;
}

import type { DesiredRoom } from '../desired.ts';
import type { Marker } from '../observed/marker.ts';
import type { RoomView } from '../observed/room-view.ts';
import type { Plan } from './plan.ts';

/** The step that posts and pins the file's text, when another one is pinned or none. */
export function planPinned(room: DesiredRoom, view: RoomView, marker: Marker | undefined): Plan {
  const { pinned, key } = room;
  if (pinned === undefined) return { steps: [], findings: [] };
  const listed = view.content('m.room.pinned_events')?.['pinned'];
  const ids: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const known = marker?.pinned;
  const stands = known?.text === pinned.value && ids.includes(known.eventId);
  if (stands || pinned.drift === 'ignore') return { steps: [], findings: [] };
  const field = 'pinned';
  if (known !== undefined && pinned.drift === 'once') {
    const reason = 'Another text is pinned, or none.';
    return { steps: [], findings: [{ kind: 'drift', key, field, reason, wayOut: undefined }] };
  }
  if (view.content('m.room.encryption') !== undefined) {
    const reason = 'The room is encrypted, and the bot would post the pinned text in clear.';
    const wayOut = 'Take `pinned` out of the file.';
    return { steps: [], findings: [{ kind: 'unfixable', key, field, reason, wayOut }] };
  }
  const why = known === undefined ? 'no text of the file is pinned' : 'another text is pinned';
  return {
    steps: [{ kind: 'pin', key, roomId: view.roomId, text: pinned.value, why }],
    findings: [],
  };
}

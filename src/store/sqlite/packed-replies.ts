import type { AcceptReply } from './operations/accept.ts';
import type { Reply } from './run-batch.ts';

/** A reply on its way back: to an accepted submission of one entry, as nearly all are, the bare number of its lane. */
export type PackedReply = number | Reply;

function isAccepted(value: unknown): value is Extract<AcceptReply, { kind: 'accepted' }> {
  return typeof value === 'object' && value !== null && 'laneIds' in value;
}

export function packReply(reply: Reply): PackedReply {
  if (!('value' in reply && isAccepted(reply.value))) return reply;
  const [laneId, ...others] = reply.value.laneIds;
  return laneId === undefined || others.length > 0 ? reply : laneId;
}

/** The inverse of `packReply`. */
export function unpackReply(packed: PackedReply): Reply {
  return typeof packed === 'number'
    ? { value: { kind: 'accepted', laneIds: [packed] } satisfies AcceptReply }
    : packed;
}

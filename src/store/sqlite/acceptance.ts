import type { Acceptance, Submission } from '../../outbox/outbox.ts';
import type { AcceptReply } from './operations/accept.ts';

const entryIds = (id: string, count: number): string[] =>
  // Nearly all have one.
  count === 1 ? [`${id}-1`] : Array.from({ length: count }, (_, index) => `${id}-${index + 1}`);

/** What the port answers, from what the operation said. */
export function acceptanceOf({ id, entries }: Submission, reply: AcceptReply): Acceptance {
  switch (reply.kind) {
    case 'accepted':
      return { kind: 'accepted', id, entryIds: entryIds(id, entries.length) };
    case 'duplicate':
      return { kind: 'duplicate', id: reply.id, entryIds: entryIds(reply.id, reply.entries) };
    case 'conflict':
      return reply;
  }
}

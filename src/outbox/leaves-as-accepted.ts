import { hasLocalEventId } from './local-event-id.ts';

/**
 * Whether an entry's content, UTF-8 bytes of JSON, may leave as it was accepted, but for a late note: neither the upload of
 * its file nor the ids of real events have to be put into it first.
 */
export function leavesAsAccepted(entry: {
  readonly hasAttachment: boolean;
  readonly content: Buffer;
}): boolean {
  return !(entry.hasAttachment || hasLocalEventId(entry.content));
}

import { canonicalJson } from '../notification/canonical-json.ts';
import { formatQueuedSince, withLateNote } from '../notification/late-note.ts';

/** Says in the event itself since when it was queued; contents without a text body stay as they are. */
export function lateContent(content: string, createdAt: number): string {
  const parsed: Record<string, unknown> = JSON.parse(content);
  return canonicalJson(withLateNote(parsed, formatQueuedSince(createdAt)));
}

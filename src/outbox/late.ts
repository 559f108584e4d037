import { canonicalJson } from '../notification/canonical-json.ts';
import { formatQueuedSince, withLateNote } from '../notification/late-note.ts';

/** Whether an entry that leaves at `now` says since when it was queued. */
export function isLate(
  entry: { readonly createdAt: number; readonly lateAfterMs: number | undefined },
  now: number,
): boolean {
  const { createdAt, lateAfterMs } = entry;
  return lateAfterMs !== undefined && now - createdAt > lateAfterMs;
}

/** Says in the event itself since when it was queued; contents without a text body stay as they are. */
export function lateContent(content: string, createdAt: number): string {
  const parsed: Record<string, unknown> = JSON.parse(content);
  return canonicalJson(withLateNote(parsed, formatQueuedSince(createdAt)));
}

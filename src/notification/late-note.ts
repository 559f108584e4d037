type Content = Readonly<Record<string, unknown>>;

/** What the note adds at most to a content in canonical JSON bytes, `m.new_content` included; for `fitContent`. */
export const lateNoteBytesMax = 800;

const textTypes: ReadonlySet<unknown> = new Set(['m.text', 'm.notice', 'm.emote']);
/** The largest time a Date can hold, in milliseconds. */
const timeMsMax = 8.64e15;

/** A wall-clock time as the late note shows it: `2026-11-21 08:15:00 UTC`. */
export function formatQueuedSince(ms: number): string {
  const time = new Date(Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, -timeMsMax), timeMsMax));
  const [date, clock] = time.toISOString().split('T');
  return `${date} ${clock?.slice(0, 'hh:mm:ss'.length)} UTC`;
}

function note(content: Content, queuedSince: string): Content {
  const { msgtype, body, formatted_body: html } = content;
  if (!textTypes.has(msgtype) || typeof body !== 'string') return content;
  const noted = {
    ...content,
    body: `${body}\n⏰ This message was queued since *${queuedSince}* and may be obsolete.`,
  };
  if (typeof html !== 'string') return noted;
  return {
    ...noted,
    formatted_body: `${html}<br/>⏰ This message was queued since <em>${queuedSince}</em> and may be obsolete.`,
  };
}

/**
 * The content saying since when it was queued (at most 40 plain characters, from `formatQueuedSince`), in the words of
 * the RouterOS module people know; an edit says it in `m.new_content` too. What is not text comes back unchanged.
 */
export function withLateNote(content: Content, queuedSince: string): Content {
  const noted = note(content, queuedSince);
  const replacement = content['m.new_content'];
  if (typeof replacement !== 'object' || replacement === null || Array.isArray(replacement)) {
    return noted;
  }
  return { ...noted, 'm.new_content': note({ ...replacement }, queuedSince) };
}

type Content = Readonly<Record<string, unknown>>;

/** What the note adds at most to a content in canonical JSON bytes, `m.new_content` included; for `fitContent`. */
export const lateNoteBytesMax = 800;

const textTypes: ReadonlySet<unknown> = new Set(['m.text', 'm.notice', 'm.emote']);
/** The largest time a Date can hold, in milliseconds. */
const timeMsMax = 8.64e15;

/** Making one takes longer than delivering a message, and a backlog needs thousands: the last one made is kept. */
let kept: { readonly timeZone: string; readonly format: Intl.DateTimeFormat } | undefined;

function formatFor(timeZone: string): Intl.DateTimeFormat {
  if (kept?.timeZone === timeZone) return kept.format;
  const format = new Intl.DateTimeFormat('en-CA', {
    timeZone,
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
    second: '2-digit',
    hourCycle: 'h23',
    timeZoneName: 'short',
  });
  kept = { timeZone, format };
  return format;
}

/** A wall-clock time as the late note shows it: `2026-11-21 08:15:00 UTC`. @throws RangeError for an unknown zone. */
export function formatQueuedSince(ms: number, timeZone = 'UTC'): string {
  const time = new Date(Number.isNaN(ms) ? 0 : Math.min(Math.max(ms, -timeMsMax), timeMsMax));
  const parts = Object.fromEntries(
    formatFor(timeZone)
      .formatToParts(time)
      .map((part) => [part.type, part.value]),
  );
  const { year, month, day, hour, minute, second, timeZoneName } = parts;
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${timeZoneName}`;
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

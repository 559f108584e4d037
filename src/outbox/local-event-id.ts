/**
 * Stands in for an event id that the homeserver has not given yet: `$bellhop_` and the entry's id. A caller may name it
 * in later edits, replies, reactions and redactions; delivery puts the real one in its place.
 */
const prefix = '$bellhop_';
/** Where events name others (Client-Server API, "Relationships between events", "Redactions"): a text is never changed. */
const namedPattern = /"(event_id|redacts)":"\$bellhop_([0-9A-Z]{26}-\d{1,3})"/g;

export function localEventId(entryId: string): string {
  return prefix + entryId;
}

const valuePrefix = Buffer.from(`:"${prefix}`);

/** Whether a JSON text in UTF-8 may name local event ids. Cheap, so that ordinary contents pass at once. */
export function hasLocalEventId(content: Buffer): boolean {
  return content.includes(valuePrefix);
}

/** Puts the real event ids in the place of local ones, in canonical JSON; undefined when one of them has none. */
export async function resolveLocalEventIds(
  content: string,
  eventIdOf: (entryId: string) => Promise<string | undefined>,
): Promise<string | undefined> {
  const known = new Map<string, string>();
  for (const [, , entryId] of content.matchAll(namedPattern)) {
    if (entryId === undefined || known.has(entryId)) continue;
    const eventId = await eventIdOf(entryId);
    if (eventId === undefined) return undefined;
    known.set(entryId, eventId);
  }
  return content.replaceAll(namedPattern, (named, name: string, entryId: string) => {
    const eventId = known.get(entryId);
    return eventId === undefined ? named : `"${name}":${JSON.stringify(eventId)}`;
  });
}

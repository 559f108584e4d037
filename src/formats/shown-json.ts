import { hideSecret } from './hide-secret.ts';

/** Indentation may make a text this many times longer before it is left out. */
const growthMax = 4;
/** Short texts are always indented, in characters. */
const shortLength = 1024;

/** A JSON value on one line; what looks like a credential is hidden. */
export function compactJson(value: unknown): string {
  return JSON.stringify(value, hideSecret);
}

/** A JSON value as people read it: indented unless that blows it up; what looks like a credential is hidden. */
export function shownJson(value: unknown): string {
  const compact = compactJson(value);
  const indented =
    compact.length > growthMax * 65_536 ? compact : JSON.stringify(value, hideSecret, 2);
  return indented.length <= growthMax * compact.length + shortLength ? indented : compact;
}

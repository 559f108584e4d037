import { writeSync } from 'node:fs';

/**
 * Writes as much of a text as a descriptor takes at once; the bytes that are left. A pipe that does not block takes a
 * part, or nothing. Of a pipe that nobody reads nothing is left.
 */
export function writeNow(descriptor: number, text: string): Uint8Array {
  let rest: Uint8Array = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'EPIPE') rest = Buffer.of();
  }
  return rest;
}

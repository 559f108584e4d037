import { writeSync } from 'node:fs';

/**
 * Writes as much of a text as a descriptor takes at once; the bytes that are left. A pipe that does not block takes a
 * part, or nothing. Where nothing can be written, as nobody reads the pipe or the disk is full, nothing is left: what is
 * reported happened all the same, and a caller who saw a failure would do it again.
 */
export function writeNow(descriptor: number, text: string): Uint8Array {
  let rest: Uint8Array = Buffer.from(text);
  try {
    while (rest.length > 0) rest = rest.subarray(writeSync(descriptor, rest));
  } catch (cause) {
    const isFull = cause instanceof Error && 'code' in cause && cause.code === 'EAGAIN';
    if (!isFull) rest = Buffer.of();
  }
  return rest;
}

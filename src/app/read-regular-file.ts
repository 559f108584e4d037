import { closeSync, constants, openSync, readSync, statSync } from 'node:fs';
import { Failure } from '../errors.ts';

const bytesPerMib = 1024 * 1024;
/** What a file may have grown by since it told its size; those of /proc tell none, and are read in such pieces. */
const spareBytes = 64 * 1024;

/** The size a file tells. @throws Failure no_input for what is no file: a pipe may never begin, a device never ends */
function sizeOf(path: string, shownPath: string): number {
  const stats = statSync(path);
  if (stats.isFile()) return stats.size;
  const kind = stats.isDirectory() ? 'a directory' : 'a pipe, a socket or a device';
  throw new Failure('no_input', { detail: `${shownPath} is ${kind}, not a file.` });
}

/** The bytes from an open file to its end, or so many that they are more than `bytesMax`. */
function readAll(handle: number, sizeBytes: number, bytesMax: number): Uint8Array {
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length <= bytesMax) {
    const chunk = Buffer.allocUnsafe(Math.max(sizeBytes - length, 0) + spareBytes);
    const count = readSync(handle, chunk);
    if (count === 0) break;
    chunks.push(chunk.subarray(0, count));
    length += count;
  }
  const [first, second] = chunks;
  return first !== undefined && second === undefined ? first : Buffer.concat(chunks);
}

function read(path: string, bytesMax: number, shownPath: string): Uint8Array {
  const tooLarge = () =>
    new Failure('bad_input', {
      detail: `${shownPath} is larger than ${bytesMax / bytesPerMib} MiB.`,
    });
  const sizeBytes = sizeOf(path, shownPath);
  if (sizeBytes > bytesMax) throw tooLarge();
  // Should it have become a pipe meanwhile, nobody waits for who writes to it.
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const bytes = readAll(handle, sizeBytes, bytesMax);
    if (bytes.length > bytesMax) throw tooLarge();
    return bytes;
  } finally {
    closeSync(handle);
  }
}

/**
 * The bytes of a file that a person named; what is too large or no file is not read.
 *
 * @param shownPath - as the person wrote it
 * @throws Failure no_input: it is not there, not a file, or cannot be read; bad_input: it is larger than `bytesMax`
 */
export function readRegularFile(
  path: string,
  bytesMax: number,
  shownPath: string = path,
): Uint8Array {
  try {
    return read(path, bytesMax, shownPath);
  } catch (cause) {
    if (cause instanceof Failure) throw cause;
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
    throw new Failure('no_input', { detail: `${shownPath} cannot be read (${code}).`, cause });
  }
}

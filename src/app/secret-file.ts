import { closeSync, openSync, readSync } from 'node:fs';
import { Failure } from '../errors.ts';

/** A token or password is far below this; a larger file is the wrong one. */
const secretBytesMax = 16 * 1024;

function readBytes(path: string): Buffer {
  const bytes = Buffer.alloc(secretBytesMax + 1);
  const handle = openSync(path, 'r');
  try {
    let length = 0;
    let count: number;
    do {
      count = readSync(handle, bytes, length, bytes.length - length, null);
      length += count;
    } while (count > 0 && length < bytes.length);
    return bytes.subarray(0, length);
  } finally {
    closeSync(handle);
  }
}

/**
 * The secret in a file as it is now, without its last line end.
 *
 * @throws Failure secret_unreadable for a file that cannot be read, is empty, or larger than 16 KiB
 */
export function readSecretFile(path: string): string {
  let bytes: Buffer;
  try {
    bytes = readBytes(path);
  } catch (cause) {
    throw new Failure('secret_unreadable', { detail: `${path} cannot be read.`, cause });
  }
  if (bytes.length > secretBytesMax) {
    const detail = `${path} is larger than ${secretBytesMax} bytes.`;
    throw new Failure('secret_unreadable', { detail });
  }
  const secret = bytes.toString().replace(/\r?\n$/, '');
  if (secret === '') throw new Failure('secret_unreadable', { detail: `${path} is empty.` });
  return secret;
}

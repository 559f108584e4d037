import { closeSync, openSync, readSync } from 'node:fs';

/**
 * Random bytes from the kernel. Where there is no such file they come from node:crypto, which says the same but takes as
 * long to load as a whole send takes.
 */
export function unpredictableBytes(count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  try {
    const file = openSync('/dev/urandom', 'r');
    try {
      if (readSync(file, bytes) === count) return bytes;
    } finally {
      closeSync(file);
    }
  } catch {
    // Not every system has it.
  }
  return process.getBuiltinModule('node:crypto').randomBytes(count);
}

import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fsyncSync,
  linkSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Failure } from '../errors.ts';

const keyBytes = 32;

function read(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}

/** What is encrypted with a secret must not outlive its name in a power failure. */
function syncDirectory(directory: string): void {
  const handle = openSync(directory, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

/**
 * A secret of 32 random bytes that stays the same for as long as the file does; made (0600) where it is missing.
 *
 * @throws Failure secret_unreadable, data_dir_unusable
 */
export function keptSecret(path: string): Uint8Array {
  const kept = read(path);
  if (kept !== undefined) {
    if (kept.length === keyBytes) return kept;
    throw new Failure('secret_unreadable', { detail: `${path} does not hold ${keyBytes} bytes.` });
  }
  const fresh = `${path}.${process.pid}`;
  try {
    writeFileSync(fresh, randomBytes(keyBytes), { mode: 0o600, flush: true });
    // A link never replaces what another process made meanwhile.
    linkSync(fresh, path);
    syncDirectory(dirname(path));
  } catch (cause) {
    const made = read(path);
    if (made !== undefined) return made;
    throw new Failure('data_dir_unusable', { detail: `${path} cannot be made.`, cause });
  } finally {
    rmSync(fresh, { force: true });
  }
  return readFileSync(path);
}

import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';

/**
 * Whether nobody else can write to a file or directory: what is kept there decides what runs, and where a token goes. A
 * shell of root's may have the home of somebody else.
 */
function isOwn({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean {
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}

/**
 * Makes a directory for caches, and the one above it, where they are missing; whether it is the user's own. No more than
 * these two: below a home that an automounter does not find, making all of them (`recursive`) never ends.
 */
function makeDirectory(path: string): boolean {
  for (const dir of [dirname(path), path]) {
    if (statSync(dir, { throwIfNoEntry: false }) === undefined) mkdirSync(dir, { mode: 0o700 });
  }
  return isOwn(statSync(path));
}

/** What is kept there; undefined where there is nothing, or it may be somebody else's. */
export function readCacheFile(path: string): Buffer | undefined {
  try {
    if (!isOwn(statSync(dirname(path)))) return undefined;
    const file = openSync(path, 'r');
    try {
      return isOwn(fstatSync(file)) ? readFileSync(file) : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Keeps bytes for the user alone (0600), whole or not at all; where that cannot be, nothing is kept and nothing said. */
export function writeCacheFile(path: string, make: () => Uint8Array | string): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    if (!makeDirectory(dirname(path))) return;
    // Of a process that was killed: in a container the next one may have its number.
    rmSync(unfinished, { force: true });
    const file = openSync(unfinished, 'wx', 0o600);
    try {
      writeFileSync(file, make());
      // A part of it, after a power failure, might pass for the whole.
      fsyncSync(file);
      renameSync(unfinished, path);
    } catch {
      rmSync(unfinished, { force: true });
    } finally {
      closeSync(file);
    }
  } catch {
    // Without a cache `send` is slower, and nothing else.
  }
}

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isOwn } from './is-own.ts';

/**
 * Makes a directory for caches, and the one above it, where they are missing; whether it is the user's own. No more than
 * these two: below a home that an automounter does not find, making all of them (`recursive`) never ends.
 */
export function makeCacheDir(path: string): boolean {
  for (const dir of [dirname(path), path]) {
    if (statSync(dir, { throwIfNoEntry: false }) === undefined) mkdirSync(dir, { mode: 0o700 });
  }
  return isOwn(statSync(path));
}

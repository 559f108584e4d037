import type { Stats } from 'node:fs';

/**
 * Whether nobody else can write to a file or directory: what is kept there decides what runs, and where a token goes. A
 * shell of root's may have the home of somebody else.
 */
export function isOwn({ uid, mode }: Pick<Stats, 'uid' | 'mode'>): boolean {
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

const onlyOwner = 0o700;

/**
 * Makes a directory for its owner alone (0700), and those above it, as far as they are missing; throws what the file
 * system says. Node's own `recursive` asks without end where no directory can be made and ENOENT is the answer, as in
 * /proc or below a mount that is gone.
 */
export function makeDirectory(directory: string): void {
  if (isDirectory(directory)) return;
  const parent = dirname(directory);
  if (parent !== directory) makeDirectory(parent);
  try {
    mkdirSync(directory, { mode: onlyOwner });
  } catch (error) {
    // Somebody else has made it meanwhile.
    if (!isDirectory(directory)) throw error;
  }
}

const isDirectory = (path: string): boolean =>
  statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;

import { closeSync, openSync, rmSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { Failure } from '../../errors.ts';
import { isDiskFull } from './store-failure.ts';

/** All pages in one step: a copy made in steps would begin again with every commit in between. */
const pagesPerStep = 2 ** 31 - 1;

/**
 * Copies the database `file` as it is at one moment to `path` (0600), in a thread of its own and over a connection of
 * its own, while work goes on. A copy that fails leaves nothing behind.
 * @throws Failure cannot_create when `path` exists, cannot be made or has no space for it, or storage_failed.
 */
export async function backupDatabase(file: string, path: string): Promise<void> {
  makeFile(path);
  const source = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    await backup(source, path, { rate: pagesPerStep });
  } catch (cause) {
    for (const end of ['', '-journal']) rmSync(`${path}${end}`, { force: true });
    if (isDiskFull(cause)) {
      throw new Failure('cannot_create', { detail: `There is no space left for ${path}.`, cause });
    }
    throw new Failure('storage_failed', { detail: `The copy ${path} failed.`, cause });
  } finally {
    source.close();
  }
}

function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
    const reason = code === 'EEXIST' ? 'exists already' : `cannot be made (${code})`;
    throw new Failure('cannot_create', { detail: `${path} ${reason}.`, cause });
  }
}

import { closeSync, openSync, rmSync } from 'node:fs';
import { backup, DatabaseSync } from 'node:sqlite';
import { Failure } from '../../errors.ts';

/** All pages in one step: a copy made in steps would begin again with every commit in between. */
const pagesPerStep = 2 ** 31 - 1;

/**
 * Copies the database `file` as it is at one moment to `path` (0600), in a thread of its own and over a connection of
 * its own, while work goes on.
 * @throws Failure bad_input when `path` exists, storage_full or storage_failed.
 */
export async function backupDatabase(file: string, path: string): Promise<void> {
  makeFile(path);
  const source = new DatabaseSync(file, { readOnly: true, timeout: 5_000 });
  try {
    await backup(source, path, { rate: pagesPerStep });
  } catch (cause) {
    rmSync(path, { force: true });
    throw new Failure('storage_failed', { detail: `${path} could not be written.`, cause });
  } finally {
    source.close();
  }
}

function makeFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (cause) {
    const exists = cause instanceof Error && 'code' in cause && cause.code === 'EEXIST';
    if (exists) throw new Failure('bad_input', { detail: `${path} exists already.`, cause });
    throw new Failure('storage_failed', { detail: `${path} cannot be made.`, cause });
  }
}

import { chmod, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { makeDirectory } from '../make-directory.ts';
import { createFile, replaceFile, syncDirectory } from '../replace-file.ts';

const onlyOwnerDirectory = 0o700;

/** Where a data directory keeps what accounts need to speak again. */
export function accountsDirectory(dataDirectory: string): string {
  return join(dataDirectory, 'accounts');
}

/** What a file of `accountsDirectory` holds; undefined: there is none. @throws Failure secret_unreadable */
export async function readAccountFile(
  path: string,
  shownPath: string,
): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw unreadable(error, shownPath);
  }
}

function unreadable(cause: unknown, shownPath: string): Failure {
  const detail = `${shownPath} in the data directory (${codeOf(cause)}).`;
  return new Failure('secret_unreadable', { detail, cause });
}

/**
 * Puts a secret into a file of `directory`, for its owner alone; resolves after the fsync. `what` names it to a person.
 *
 * @throws Failure storage_full, storage_failed: then the old is still there
 */
export async function writeAccountFile(
  directory: string,
  path: string,
  text: string,
  what: string,
): Promise<void> {
  try {
    await ensureDirectory(directory);
    await replaceFile(path, text);
  } catch (error) {
    throw storageFailure(error, what);
  }
}

/**
 * The same where there is no such file yet. False: there is one, and it stays as it is.
 *
 * @throws Failure storage_full, storage_failed
 */
export async function createAccountFile(
  directory: string,
  path: string,
  text: string,
  what: string,
): Promise<boolean> {
  try {
    await ensureDirectory(directory);
    return await createFile(path, text);
  } catch (error) {
    throw storageFailure(error, what);
  }
}

/** Differs whenever a file was replaced, by whomever; undefined when there is none, or it cannot be reached. */
export async function fileStamp(path: string): Promise<string | undefined> {
  try {
    const { ino, mtimeNs, size } = await stat(path, { bigint: true });
    return `${ino}:${mtimeNs}:${size}`;
  } catch {
    return undefined;
  }
}

/** Takes a file away, if it is there. @throws Failure storage_failed */
export async function removeAccountFile(
  directory: string,
  path: string,
  what: string,
): Promise<void> {
  try {
    await unlink(path);
    await syncDirectory(directory);
  } catch (error) {
    if (codeOf(error) !== 'ENOENT') throw storageFailure(error, what);
  }
}

async function ensureDirectory(directory: string): Promise<void> {
  makeDirectory(directory);
  const { mode } = await stat(directory);
  if ((mode & 0o077) !== 0) await chmod(directory, onlyOwnerDirectory);
}

function storageFailure(error: unknown, what: string): Failure {
  const code = codeOf(error);
  return new Failure(code === 'ENOSPC' || code === 'EDQUOT' ? 'storage_full' : 'storage_failed', {
    detail: `${what} could not be stored (${code}).`,
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown';
}

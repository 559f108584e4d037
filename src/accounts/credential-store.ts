import { chmod, mkdir, readFile, stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { replaceFile, syncDirectory } from '../replace-file.ts';
import { type Credentials, formatCredentials, parseCredentials } from './credentials.ts';

/** Where accounts keep what they need to speak again. */
export interface CredentialStore {
  /**
   * Undefined: never logged in.
   * @throws Failure secret_unreadable when the file cannot be read or is no credentials file.
   */
  read(account: string): Promise<Credentials | undefined>;
  /**
   * Resolves after the fsync; a crash leaves either the old or the new.
   * @throws Failure storage_full, storage_failed: then the old is still there.
   */
  write(account: string, credentials: Credentials): Promise<void>;
  remove(account: string): Promise<void>;
  /** Differs whenever the stored credentials were replaced, by whomever; undefined when there are none. */
  stamp(account: string): Promise<string | undefined>;
}

const onlyOwnerDirectory = 0o700;

/** Keeps each account's credentials in `accounts/NAME.json` of the data directory, readable by its owner alone. */
export function fileCredentialStore(dataDirectory: string): CredentialStore {
  const directory = join(dataDirectory, 'accounts');
  // Encoded, a name stays a single part of a path.
  const pathOf = (account: string): string =>
    join(directory, `${encodeURIComponent(account)}.json`);
  return {
    async read(account) {
      const text = await readText(pathOf(account), account);
      if (text === undefined) return undefined;
      const credentials = parseCredentials(text);
      if (credentials !== undefined) return credentials;
      throw new Failure('secret_unreadable', {
        detail: `accounts/${account}.json in the data directory is no credentials file; remove it and log in again.`,
      });
    },
    async write(account, credentials) {
      try {
        await ensureDirectory(directory);
        await replaceFile(pathOf(account), formatCredentials(credentials));
      } catch (error) {
        throw storageFailure(error, account);
      }
    },
    async remove(account) {
      try {
        await unlink(pathOf(account));
        await syncDirectory(directory);
      } catch (error) {
        if (codeOf(error) !== 'ENOENT') throw storageFailure(error, account);
      }
    },
    async stamp(account) {
      try {
        const { ino, mtimeNs, size } = await stat(pathOf(account), { bigint: true });
        return `${ino}:${mtimeNs}:${size}`;
      } catch {
        return undefined;
      }
    },
  };
}

async function readText(path: string, account: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw new Failure('secret_unreadable', {
      detail: `accounts/${account}.json in the data directory (${codeOf(error)}).`,
      cause: error,
    });
  }
}

async function ensureDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true, mode: onlyOwnerDirectory });
  const { mode } = await stat(directory);
  if ((mode & 0o077) !== 0) await chmod(directory, onlyOwnerDirectory);
}

function storageFailure(error: unknown, account: string): Failure {
  const code = codeOf(error);
  return new Failure(code === 'ENOSPC' || code === 'EDQUOT' ? 'storage_full' : 'storage_failed', {
    detail: `The credentials of account ${account} could not be stored (${code}).`,
    cause: error,
  });
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown';
}

import { join } from 'node:path';
import { Failure } from '../errors.ts';
import {
  accountsDirectory,
  fileStamp,
  readAccountFile,
  removeAccountFile,
  writeAccountFile,
} from './account-files.ts';
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

/** Keeps each account's credentials in `accounts/NAME.json` of the data directory, readable by its owner alone. */
export function fileCredentialStore(dataDirectory: string): CredentialStore {
  const directory = accountsDirectory(dataDirectory);
  // Encoded, a name stays a single part of a path.
  const pathOf = (account: string): string =>
    join(directory, `${encodeURIComponent(account)}.json`);
  const wordsFor = (account: string): string => `The credentials of account ${account}`;
  return {
    async read(account) {
      const text = await readAccountFile(pathOf(account), `accounts/${account}.json`);
      if (text === undefined) return undefined;
      const credentials = parseCredentials(text);
      if (credentials !== undefined) return credentials;
      throw new Failure('secret_unreadable', {
        detail: `accounts/${account}.json in the data directory is no credentials file; remove it and log in again.`,
      });
    },
    async write(account, credentials) {
      const text = formatCredentials(credentials);
      await writeAccountFile(directory, pathOf(account), text, wordsFor(account));
    },
    async remove(account) {
      await removeAccountFile(directory, pathOf(account), wordsFor(account));
    },
    async stamp(account) {
      return await fileStamp(pathOf(account));
    },
  };
}

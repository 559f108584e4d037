import { join } from 'node:path';
import { localpart, serverName, type UserId } from '../matrix/ids.ts';
import {
  accountsDirectory,
  readAccountFile,
  removeAccountFile,
  writeAccountFile,
} from './account-files.ts';

/**
 * Where passwords are kept that nobody has chosen: those of accounts that were made here. Only a command that a person
 * runs uses them; what is logged out stays so until then.
 */
export interface PasswordStore {
  /** The file that holds this user's password, or would. */
  place(userId: UserId): string;
  /** @throws Failure secret_unreadable */
  read(userId: UserId): Promise<string | undefined>;
  /** Resolves after the fsync. @throws Failure storage_full, storage_failed */
  write(userId: UserId, password: string): Promise<void>;
  remove(userId: UserId): Promise<void>;
}

/** The name of a user's file, readable to a person: `bellhop@example.org.password`. */
function fileNameOf(userId: UserId): string {
  const parts = [localpart(userId), serverName(userId)];
  // Encoded, a name stays a single part of a path, and the only @ is ours.
  return `${parts.map(encodeURIComponent).join('@')}.password`;
}

/** Keeps each password in a file of its own beside the accounts' tokens, readable by its owner alone. */
export function filePasswordStore(dataDirectory: string): PasswordStore {
  const directory = accountsDirectory(dataDirectory);
  const place = (userId: UserId): string => join(directory, fileNameOf(userId));
  const wordsFor = (userId: UserId): string => `The password of ${userId}`;
  return {
    place,
    async read(userId) {
      const text = await readAccountFile(place(userId), `accounts/${fileNameOf(userId)}`);
      const password = text?.replace(/\r?\n$/, '') ?? '';
      return password === '' ? undefined : password;
    },
    async write(userId, password) {
      await writeAccountFile(directory, place(userId), `${password}\n`, wordsFor(userId));
    },
    async remove(userId) {
      await removeAccountFile(directory, place(userId), wordsFor(userId));
    },
  };
}

import { join } from 'node:path';

/** The file of one account's encryption store. */
export function storeFile(directory: string, account: string): string {
  // Encoded, a name stays a single part of a path.
  return join(directory, `${encodeURIComponent(account)}.db`);
}

import { userInfo } from 'node:os';
import process from 'node:process';

/** Whom the audit log names: the user of this process, by number where the system has no name for it, as in a container. */
export function whoAsks(read: () => { readonly username: string } = userInfo): string {
  try {
    return read().username;
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`;
  }
}

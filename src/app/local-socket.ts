import { join } from 'node:path';

/** The unix socket through which this machine's users send without a token, in the runtime or data directory. */
export function localSocketPath(dir: string): string {
  return join(dir, 'bellhop.sock');
}

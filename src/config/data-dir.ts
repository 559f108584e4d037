import { join } from 'node:path';
import type { Environment } from './build-context.ts';

/** Where the outbox lives unless the configuration says: systemd's state directory, else the user's own. */
export function defaultDataDir(env: Environment, home: string): string {
  // systemd gives several directories with colons between them; the first is ours.
  const state = env['STATE_DIRECTORY']?.split(':')[0];
  if (state !== undefined && state !== '') return state;
  const xdg = env['XDG_STATE_HOME'];
  // The XDG base directory specification has relative paths ignored.
  if (xdg?.startsWith('/') === true) return join(xdg, 'bellhop');
  return join(home, '.local', 'state', 'bellhop');
}

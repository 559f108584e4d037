import { join } from 'node:path';
import type { Surroundings } from './config-from-environment.ts';

/** Where a configuration file is looked for when nobody names one: the working directory, the user's own, the system's. */
export function configPaths({ env, home }: Surroundings): string[] {
  const xdg = env['XDG_CONFIG_HOME'];
  // The XDG base directory specification has relative paths ignored.
  const userDirectory = xdg?.startsWith('/') === true ? xdg : join(home, '.config');
  return [
    'bellhop.yaml',
    join(userDirectory, 'bellhop', 'bellhop.yaml'),
    '/etc/bellhop/bellhop.yaml',
  ];
}

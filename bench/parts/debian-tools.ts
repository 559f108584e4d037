import { spawnSync } from 'node:child_process';

/** Where Debian puts what only root is expected to run. */
const path = `${process.env['PATH']}:/usr/sbin`;

/** The environment in which the tools are found. */
export const toolEnvironment: NodeJS.ProcessEnv = { ...process.env, PATH: path };

/** Makes sure that a Debian package's command is there, as `.ci/run` does for its own. @throws Error with the package's name */
export function requireTool(command: string, debianPackage: string): void {
  const isThere = () => spawnSync(command, ['-v'], { env: toolEnvironment }).error === undefined;
  if (isThere()) return;
  const env = { ...toolEnvironment, DEBIAN_FRONTEND: 'noninteractive' };
  for (const args of [
    ['update', '-q'],
    ['install', '-q', '-y', '--no-install-recommends', debianPackage],
  ]) {
    spawnSync('apt-get', args, { env, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  if (!isThere()) throw new Error(`install the Debian package ${debianPackage} first`);
}

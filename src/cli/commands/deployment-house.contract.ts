import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type FakeHomeserver, startFakeHomeserver } from '../../testing/fake-homeserver.ts';
import { runProgram } from '../run.ts';
import { testContext } from '../test-context.contract.ts';
import type { Ran } from './house.contract.ts';

/** A homeserver, and a directory with a configuration that has a deployment on it. */
export interface DeploymentHouse {
  readonly homeserver: FakeHomeserver;
  /** The working directory of the commands. */
  readonly dir: string;
  readonly operatorToken: string;
  /** Replaces keys of the deployment file. */
  write(changes: Readonly<Record<string, unknown>>): void;
  run(args: readonly string[], given?: Parameters<typeof testContext>[0]): Promise<Ran>;
}

/** Two people, a space and two rooms; gone with the test. */
export async function openDeploymentHouse(): Promise<DeploymentHouse> {
  const homeserver = await startFakeHomeserver();
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-cli-'));
  onTestFinished(async () => {
    await homeserver.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const operatorToken = 'operator-token';
  const config = {
    data_dir: './data',
    listen: ['127.0.0.1:0'],
    deployment: './deployment.yaml',
    operators: { admin: { token: operatorToken } },
  };
  writeFileSync(join(dir, 'bellhop.yaml'), JSON.stringify(config));
  writeFileSync(join(dir, 'secret'), `${homeserver.registrationSharedSecret}\n`);
  const deployment = {
    homeserver: homeserver.baseUrl,
    server_name: homeserver.serverName,
    bot: { username: 'bot', registration_secret_file: './secret', token_file: './token' },
    space: { alias: 'space', join_rule: 'invite' },
    rooms: {
      general: { alias: 'general', name: 'General', topic: 'Work', drift: { name: 'once' } },
      admin: { alias: 'admin', join_rule: 'invite' },
    },
    roles: {
      member: { rooms: ['space', 'general'] },
      admin: { rooms: ['space', 'general', 'admin'], level: 100 },
    },
    people: { list: { anna: null, bert: { roles: ['admin'] } } },
  };
  const write = (changes: Readonly<Record<string, unknown>>): void => {
    writeFileSync(join(dir, 'deployment.yaml'), JSON.stringify({ ...deployment, ...changes }));
  };
  write({});
  return {
    homeserver,
    dir,
    operatorToken,
    write,
    async run(args, given = {}) {
      // Nothing outside the test's own directory is read or written.
      const env = { XDG_CACHE_HOME: join(dir, 'cache'), XDG_CONFIG_HOME: join(dir, 'none') };
      const context = testContext({ cwd: dir, home: dir, env, ...given });
      await runProgram(args, context);
      return { out: context.out(), err: context.err(), exit: context.exitCode() };
    },
  };
}

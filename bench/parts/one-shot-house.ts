import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FakeHomeserver } from '../../src/testing/fake-homeserver.ts';

export interface OneShotHouse {
  readonly dir: string;
  readonly config: string;
  readonly env: NodeJS.ProcessEnv;
  readonly baseUrl: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly accessToken: string;
  readonly roomId: string;
  readonly alias: string;
  whenServing(): Promise<void>;
  remove(): void;
}

/** A configuration as a user would write it, with the token in a file of its own. */
export function makeOneShotHouse(homeserver: FakeHomeserver): OneShotHouse {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-bench-'));
  const { userId, deviceId, accessToken } = homeserver.createUser('bot');
  const roomId = homeserver.createRoom({ creator: userId, version: '11' });
  const config = join(dir, 'bellhop.yaml');
  const dataDir = join(dir, 'data');
  writeFileSync(join(dir, 'token'), accessToken, { mode: 0o600 });
  const lines = [
    `data_dir: ${dataDir}`,
    'listen: ["127.0.0.1:18507"]',
    'log_level: error',
    'accounts:',
    '  main:',
    `    user_id: "${userId}"`,
    `    homeserver: ${homeserver.baseUrl}`,
    '    access_token_file: token',
    'rooms:',
    `  ops: "${roomId}"`,
  ];
  writeFileSync(config, `${lines.join('\n')}\n`);
  return {
    dir,
    config,
    env: { XDG_CACHE_HOME: join(dir, 'cache'), HOME: dir },
    baseUrl: homeserver.baseUrl,
    userId,
    deviceId,
    accessToken,
    roomId,
    alias: '',
    async whenServing() {
      const deadline = performance.now() + 10_000;
      while (!existsSync(join(dataDir, 'bellhop.sock'))) {
        if (performance.now() > deadline) throw new Error('the daemon did not start within 10 s');
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    remove: () => rmSync(dir, { recursive: true, force: true }),
  };
}

import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { OneShotHouse } from './one-shot-house.ts';

/** The peers as their users install them, in an environment of their own below `.cache/`. */
const home = resolve('.cache/bench-peers');
const packages = ['apprise==2.2.0', 'matrix-commander==8.0.6'];

function pip(...args: string[]): void {
  const { status } = spawnSync(join(home, 'bin/pip'), ['-q', ...args], { stdio: 'inherit' });
  if (status !== 0) throw new Error(`pip ${args.join(' ')} failed`);
}

function install(): void {
  if (existsSync(join(home, 'bin/matrix-commander'))) return;
  const { status } = spawnSync('python3', ['-m', 'venv', home], { stdio: 'inherit' });
  if (status !== 0) throw new Error('python3 -m venv failed');
  pip('install', ...packages);
}

/** The commands that send the same message with the peers' tools. */
export function peerCommands(house: OneShotHouse): Readonly<Record<string, readonly string[]>> {
  install();
  const { host } = new URL(house.baseUrl);
  const store = join(house.dir, 'nio');
  mkdirSync(store);
  const credentials = join(house.dir, 'credentials.json');
  writeFileSync(
    credentials,
    JSON.stringify({
      homeserver: house.baseUrl,
      user_id: house.userId,
      device_id: house.deviceId,
      access_token: house.accessToken,
      room_id: house.roomId,
      default_room: house.roomId,
    }),
  );
  const text = 'The backup is done.';
  const apprise = `matrix://${house.accessToken}@${host}/${house.roomId}`;
  return {
    'Apprise 2.2': [join(home, 'bin/apprise'), '-b', text, apprise],
    'matrix-commander 8': [
      join(home, 'bin/matrix-commander'),
      '--credentials',
      credentials,
      '--store',
      store,
      '--sync',
      'off',
      '--room',
      house.roomId,
      '-m',
      text,
    ],
  };
}

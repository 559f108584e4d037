import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { KeyServer } from '../src/encryption/worker/key-server.contract.ts';
import { OlmDevice } from '../src/encryption/worker/olm-device.ts';

/**
 * `node tools/make-encryption-store.ts`: writes the store that the installed version of the engine makes, with an
 * identity, a room and one message, for the test that the next version opens it. Run it before the engine is upgraded.
 */
const bot = '@bot:example.org';
const roomId = '!room:example.org';
const { version } = JSON.parse(
  await readFile(
    new URL('../node_modules/@matrix-org/matrix-sdk-crypto-wasm/package.json', import.meta.url),
    'utf8',
  ),
) as { version: string };
const directory = mkdtempSync(join(tmpdir(), 'bellhop-store-'));
const file = join(directory, 'bot.db');
const options = {
  account: 'bot',
  userId: bot,
  deviceId: 'BOT',
  file,
  key: new Uint8Array(32).fill(7),
};
const device = await OlmDevice.open(options);
const server = new KeyServer();
await server.setUp(device, bot, 'BOT');
await device.setRoom(roomId, {
  encryption: '{"algorithm":"m.megolm.v1.aes-sha2"}',
  historyVisibility: 'shared',
  joined: [bot],
  invited: [],
});
await device.trackMembers(roomId);
await server.pump(device, bot, 'BOT');
await device.shareRoomKey(roomId, 'all-devices');
const message = await device.encrypt(roomId, 'm.room.message', '{"body":"first"}');
const identity = await device.exportCrossSigning();
const { keys } = device.opened;
await device.close();
const target = fileURLToPath(new URL('../src/encryption/worker/stores/previous', import.meta.url));
writeFileSync(`${target}.db.gz`, gzipSync(await readFile(file), { level: 9 }));
writeFileSync(
  `${target}.json`,
  `${JSON.stringify({ version, keys, identity, message }, undefined, 2)}\n`,
);
rmSync(directory, { recursive: true });

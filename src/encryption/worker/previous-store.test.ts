import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { expect, it, vi } from 'vitest';
import type { CrossSigningKeys, DeviceKeys } from '../crypto-device.ts';
import { KeyServer } from './key-server.contract.ts';
import { OlmDevice } from './olm-device.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

const stores = new URL('stores/', import.meta.url);
const installed = new URL(
  '../../../node_modules/@matrix-org/matrix-sdk-crypto-wasm/package.json',
  import.meta.url,
);

/** What `node tools/make-encryption-store.ts` wrote with the engine's previous version. */
interface Made {
  readonly version: string;
  readonly keys: DeviceKeys;
  readonly identity: CrossSigningKeys;
  /** The content of the room's first encrypted event. */
  readonly message: string;
}

interface Encrypted {
  readonly session_id: string;
  readonly ciphertext: string;
}

const readJson = (url: URL): unknown => JSON.parse(readFileSync(url, 'utf8'));

/** The third byte of a short Megolm message is its index (Megolm, "Message format"). */
const indexOf = ({ ciphertext }: Encrypted) => Buffer.from(ciphertext, 'base64')[2];

it("a store of the engine's previous version goes on where it was", async () => {
  const made = readJson(new URL('previous.json', stores)) as Made;
  expect(made.version).not.toBe((readJson(installed) as Made).version);
  const directory = mkdtempSync(join(tmpdir(), 'bellhop-store-'));
  const file = join(directory, 'bot.db');
  writeFileSync(file, gunzipSync(readFileSync(new URL('previous.db.gz', stores))), { mode: 0o600 });
  const bot = '@bot:example.org';
  const key = new Uint8Array(32).fill(7);
  const device = await OlmDevice.open({ account: 'bot', userId: bot, deviceId: 'BOT', file, key });
  try {
    expect(device.opened).toMatchObject({ keys: made.keys, isNew: false, starts: 2 });
    expect(await device.exportCrossSigning()).toEqual(made.identity);
    const roomId = '!room:example.org';
    await device.trackMembers(roomId);
    await new KeyServer().pump(device, bot, 'BOT');
    await device.shareRoomKey(roomId, 'all-devices');
    const first = JSON.parse(made.message) as Encrypted;
    const content = await device.encrypt(roomId, 'm.room.message', '{"body":"second"}');
    const second = JSON.parse(content) as Encrypted;
    expect(second.session_id).toBe(first.session_id);
    expect([indexOf(first), indexOf(second)]).toEqual([0, 1]);
  } finally {
    await device.close();
    rmSync(directory, { recursive: true });
  }
});

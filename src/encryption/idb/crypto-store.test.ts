import {
  DeviceId,
  initAsync,
  OlmMachine,
  StoreHandle,
  UserId,
} from '@matrix-org/matrix-sdk-crypto-wasm';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { installIndexedDb } from './install-indexed-db.ts';
import { openTempDatabase, type TempDatabase } from './temp-database.contract.ts';

let temp: TempDatabase;
beforeEach(async () => {
  temp = openTempDatabase();
  installIndexedDb();
  await initAsync();
});
afterEach(() => temp.remove());

async function openMachine(): Promise<OlmMachine> {
  const key = new Uint8Array(32).fill(7);
  const store = await StoreHandle.openWithKey(temp.crypto.prefix, key);
  return await OlmMachine.initFromStore(new UserId('@a:x'), new DeviceId('D'), store);
}

it('keeps the library’s device, also over the death of its owner', async () => {
  const machine = await openMachine();
  const own = machine.identityKeys.ed25519.toBase64();
  await temp.crypto.group(async () => await machine.updateTrackedUsers([new UserId('@b:x')]));
  temp.crypto.close();
  temp.open();
  const again = await openMachine();
  expect(again.identityKeys.ed25519.toBase64()).toBe(own);
  expect([...(await again.trackedUsers())].map(String)).toContain('@b:x');
  again.close();
});

it('lets the library make its store and its device in one commit', async () => {
  const before = temp.crypto.commits;
  const machine = await temp.crypto.group(openMachine);
  expect(temp.crypto.commits - before).toBe(1);
  machine.close();
});

it('rejects what the library does when the disk is full, and works when opened anew', async () => {
  const machine = await openMachine();
  const own = machine.identityKeys.ed25519.toBase64();
  const { page_count: pages } = temp.crypto.database.prepare('pragma page_count').get() ?? {};
  temp.crypto.database.exec(`pragma max_page_count = ${Number(pages)}`);
  const users = (letter: string) =>
    Array.from({ length: 500 }, (_, i) => new UserId(`@${letter}${i}:x`));
  await expect(
    temp.crypto.group(async () => await machine.updateTrackedUsers(users('b'))),
  ).rejects.toMatchObject({ code: 'storage_full' });
  expect(temp.failures).toHaveLength(1);
  // The old machine writes nowhere any more.
  await expect(machine.updateTrackedUsers(users('c'))).rejects.toBeDefined();
  temp.open();
  const again = await openMachine();
  expect(again.identityKeys.ed25519.toBase64()).toBe(own);
  expect((await again.trackedUsers()).size).toBe(0);
  await again.updateTrackedUsers(users('d'));
  expect((await again.trackedUsers()).size).toBe(500);
  again.close();
});

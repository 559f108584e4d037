import { afterAll, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { KeyServer } from './key-server.contract.ts';
import { openCryptoDevices } from './open-crypto-devices.ts';
import { tempDevicesIn } from './temp-devices.contract.ts';

const devices = openCryptoDevices({ clock: systemClock });
afterAll(async () => await devices.close());

const bot = '@bot:example.org';
const all = { master: true, selfSigning: true, userSigning: true };
const none = { master: false, selfSigning: false, userSigning: false };

it('an identity is made once, and its uploads are the same again', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const device = await temp.open('bot');
  expect(await device.crossSigning()).toEqual(none);
  expect(await device.exportCrossSigning()).toBeUndefined();
  await server.setUp(device, bot, 'BOT');
  expect(await device.crossSigning()).toEqual(all);
  const master = await device.masterKeyOf(bot);
  const again = await device.bootstrapCrossSigning(false);
  expect(again.signingKeys).toContain(master);
  const other = await device.bootstrapCrossSigning(true);
  expect(other.signingKeys).not.toContain(master);
});

it('the first upload of keys comes before the identity, where it was not made yet', async () => {
  await using temp = tempDevicesIn(devices);
  const device = await temp.open('bot');
  const { keys, signatures } = await device.bootstrapCrossSigning(false);
  expect(keys).toMatchObject({ kind: 'keys-upload', path: '/_matrix/client/v3/keys/upload' });
  expect(Object.keys(JSON.parse(signatures) as object)).toEqual([bot]);
});

it('a further device takes the keys over, and its first upload is signed', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const first = await temp.open('bot');
  await server.setUp(first, bot, 'BOT');
  const keys = await first.exportCrossSigning();
  if (keys === undefined) throw new Error('The identity is not complete.');

  const second = await temp.open('second', { userId: bot });
  // Nothing is known of the identity yet.
  expect(await second.importCrossSigning(keys)).toEqual(none);
  for (const request of await second.outgoing()) {
    if (request.kind !== 'keys-query') continue;
    await second.markSent(request, server.answer(bot, 'SECOND', request));
  }
  expect(await second.masterKeyOf(bot)).toBe(await first.masterKeyOf(bot));
  expect(await second.importCrossSigning(keys)).toEqual(all);
  const upload = (await second.outgoing()).find(({ kind }) => kind === 'keys-upload');
  const { device_keys: deviceKeys } = JSON.parse(upload?.body ?? '') as {
    device_keys: { signatures: Record<string, object> };
  };
  expect(Object.keys(deviceKeys.signatures[bot] ?? {})).toHaveLength(2);
});

it('a device whose keys are out already is signed by a request of its own', async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const first = await temp.open('bot');
  await server.setUp(first, bot, 'BOT');
  const keys = await first.exportCrossSigning();
  if (keys === undefined) throw new Error('The identity is not complete.');

  const second = await temp.open('second', { userId: bot });
  await server.pump(second, bot, 'SECOND');
  await second.importCrossSigning(keys);
  const request = await second.signOwnDevice();
  expect(request).toMatchObject({ kind: 'signatures-upload', method: 'POST' });
  if (request === undefined) return;
  await second.markSent(request, server.answer(bot, 'SECOND', request));
  await second.receiveSync(server.sync(bot, 'SECOND'));
  await server.pump(second, bot, 'SECOND');
  expect(await second.signOwnDevice()).toBeUndefined();
});

it("keys of another identity are refused, and do not replace the account's", async () => {
  await using temp = tempDevicesIn(devices);
  const server = new KeyServer();
  const first = await temp.open('bot');
  await server.setUp(first, bot, 'BOT');
  const master = await first.masterKeyOf(bot);
  const stranger = await temp.open('stranger');
  await server.setUp(stranger, '@stranger:example.org', 'STRANGER');
  const keys = await stranger.exportCrossSigning();
  if (keys === undefined) throw new Error('The identity is not complete.');
  await expect(first.importCrossSigning(keys)).rejects.toMatchObject({ code: 'identity_differs' });
  expect(await first.masterKeyOf(bot)).toBe(master);
  expect(await first.masterKeyOf('@nobody:example.org')).toBeUndefined();
});

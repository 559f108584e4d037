import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import type { MatrixRequest } from '../matrix/homeserver.ts';
import { FakeCryptoDevice, request } from './fake-crypto-device.contract.ts';
import { message, ScriptedAccount } from './scripted-account.contract.ts';

const { signal } = new AbortController();

const refused = (status: number, errcode: string) => ({ status, json: { errcode, error: 'no' } });
const isQuery = ({ path }: MatrixRequest) => path.endsWith('/keys/query');
const asksForDevice = ({ path }: MatrixRequest) => path.includes('/v3/devices/');

/** The homeserver's answer that shows the account's own devices. */
const shown = (...deviceIds: readonly string[]) => ({
  json: {
    device_keys: { '@bot:example.org': Object.fromEntries(deviceIds.map((id) => [id, {}])) },
  },
});

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  if (!(thrown instanceof Failure)) throw new Error('not a Failure', { cause: thrown });
  return thrown.code;
}

/** An account whose device has a store, as it was left by a run before. */
async function withStore(): Promise<ScriptedAccount> {
  const at = new ScriptedAccount();
  const before = at.encryption();
  await before.ready('main', signal);
  await before.close();
  at.homeserver.requests.splice(0);
  return at;
}

it('a device that is shown is not asked for; one that is not shown is', async () => {
  await using at = await withStore();
  const encryption = at.encryption();
  at.answer = (asked) => (isQuery(asked) ? shown('OTHER', 'DEVICE1') : undefined);
  await encryption.ready('main', signal);
  expect(at.homeserver.requests.filter(asksForDevice)).toEqual([]);
  at.answer = (asked) => (isQuery(asked) ? shown('OTHER') : undefined);
  encryption.refresh();
  await encryption.ready('main', signal);
  expect(at.homeserver.requests.filter(asksForDevice)).toHaveLength(1);
});

it('a store that is there is opened while the homeserver is asked', async () => {
  await using at = await withStore();
  const { promise: opened, resolve } = Promise.withResolvers<void>();
  const { openKept } = at.devices;
  at.devices.openKept = async (options) => {
    const device = await openKept.call(at.devices, options);
    resolve();
    return device;
  };
  at.waits = async (asked) => {
    if (isQuery(asked)) await opened;
  };
  await at.encryption().ready('main', signal);
  expect(at.devices.opened).toHaveLength(2);
});

it('a store is begun only after the homeserver has confirmed the device', async () => {
  await using at = new ScriptedAccount();
  const openedAt: number[] = [];
  at.waits = async () => {
    openedAt.push(at.devices.opened.length);
    await Promise.resolve();
  };
  await at.encryption().ready('main', signal);
  expect(openedAt.slice(0, 2)).toEqual([0, 0]);
  expect(at.lines().slice(0, 2)).toEqual([
    'POST /_matrix/client/v3/keys/query',
    'GET /_matrix/client/v3/devices/DEVICE1',
  ]);
});

it('the store of a newer device is not begun anew for the token of the old one', async () => {
  await using at = await withStore();
  // Another process has logged the account in anew, and used its new device.
  at.deviceId = 'DEVICE2';
  const newer = at.encryption();
  await newer.ready('main', signal);
  await newer.close();
  at.deviceId = 'DEVICE1';
  at.answer = (asked) => {
    if (!isQuery(asked) || at.deviceId === 'DEVICE2') return undefined;
    at.deviceId = 'DEVICE2';
    return refused(401, 'M_UNKNOWN_TOKEN');
  };
  await at.encryption().encrypt(message, signal);
  const openings = at.devices.opened.map(({ options }) => options.deviceId);
  expect(openings).toEqual(['DEVICE1', 'DEVICE2', 'DEVICE2']);
});

it('the store of a device that was replaced is let go of', async () => {
  await using at = await withStore();
  at.answer = (asked) => {
    if (!isQuery(asked) || at.deviceId === 'DEVICE2') return undefined;
    at.deviceId = 'DEVICE2';
    return refused(401, 'M_UNKNOWN_TOKEN');
  };
  await at.encryption().encrypt(message, signal);
  const openings = at.devices.opened.map(({ options }) => options.deviceId);
  expect(openings).toEqual(['DEVICE1', 'DEVICE1', 'DEVICE2']);
  expect(at.device(2).isClosed).toBe(true);
  expect(at.device(2).calls).toEqual([]);
});

it('that a device was replaced is said before that another process holds the store', async () => {
  await using at = await withStore();
  const { openKept } = at.devices;
  at.devices.openKept = async (options) => {
    if (options.deviceId === 'DEVICE1') throw new Failure('encryption_store_unusable');
    return await openKept.call(at.devices, options);
  };
  at.answer = (asked) => {
    if (!isQuery(asked) || at.deviceId === 'DEVICE2') return undefined;
    at.deviceId = 'DEVICE2';
    return refused(401, 'M_UNKNOWN_TOKEN');
  };
  await at.encryption().encrypt(message, signal);
  expect(at.devices.opened.at(-1)?.options.deviceId).toBe('DEVICE2');
});

it.each([
  { words: 'what the homeserver shows', fails: isQuery },
  { words: 'the device', fails: asksForDevice },
])('a store that was opened is let go of when $words cannot be asked for', async ({ fails }) => {
  await using at = await withStore();
  at.answer = (asked) => (fails(asked) ? refused(502, 'M_UNKNOWN') : undefined);
  const encryption = at.encryption();
  await expect(encryption.ready('main', signal)).rejects.toThrow('502');
  expect(at.device(2).isClosed).toBe(true);
  at.answer = () => undefined;
  await encryption.ready('main', signal);
  expect(at.device(3).isClosed).toBe(false);
});

it('no store is begun for a device that is gone', async () => {
  await using at = new ScriptedAccount();
  at.answer = (asked) => (asksForDevice(asked) ? refused(404, 'M_NOT_FOUND') : undefined);
  const encryption = at.encryption();
  expect(await codeOf(encryption.ready('main', signal))).toBe('device_lost');
  expect(at.devices.opened).toEqual([]);
  expect(at.events).toEqual(['identity device-gone']);
  expect(encryption.reports()[0]).toMatchObject({ identity: 'device-gone', deviceId: 'DEVICE1' });
});

it('a store whose device is gone is judged as any other', async () => {
  await using at = await withStore();
  at.answer = (asked) => (asksForDevice(asked) ? refused(404, 'M_NOT_FOUND') : undefined);
  at.identity = 'device-gone';
  expect(await codeOf(at.encryption().ready('main', signal))).toBe('device_lost');
  expect(at.devices.opened).toHaveLength(2);
  expect(at.device(2).isClosed).toBe(true);
});

it('until an opening is remembered, nothing is published, taken in or encrypted; the sync is asked for', async () => {
  await using at = new ScriptedAccount(() => new FakeCryptoDevice('s0'));
  const { promise: remembered, resolve: remember } = Promise.withResolvers<void>();
  at.remember = async () => await remembered;
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
  at.waits = async ({ path }) => {
    if (path.includes('/sync?')) isAsked();
    await Promise.resolve();
  };
  const saying = at.encryption().encrypt(message, signal);
  await asked;
  // All that goes on without the record has gone on by then: nothing here waits for anything else.
  await new Promise(setImmediate);
  expect(at.device().calls).toEqual(['outgoing']);
  remember();
  await saying;
  expect(at.device().calls.slice(0, 3)).toEqual(['outgoing', 'receiveSync', 'outgoing']);
});

it('until an opening is remembered, nothing that the device wants is made', async () => {
  const { promise: wanted, resolve: isWanted } = Promise.withResolvers<void>();
  await using at = new ScriptedAccount(() => {
    const device = new FakeCryptoDevice();
    device.wanted.push(request('keys-upload', 'upload'));
    device.before = (operation) => {
      if (operation === 'outgoing') isWanted();
    };
    return device;
  });
  at.remember = async () => {
    await wanted;
    throw new Error('nobody remembers');
  };
  await expect(at.encryption().encrypt(message, signal)).rejects.toThrow('nobody remembers');
  expect(at.lines('/keys-upload/upload')).toEqual([]);
});

it('an opening that could not be remembered is judged anew before the next message', async () => {
  await using at = new ScriptedAccount(() => new FakeCryptoDevice('s0'));
  at.remember = async () => await Promise.reject(new Error('nobody remembers'));
  const encryption = at.encryption();
  await expect(encryption.encrypt(message, signal)).rejects.toThrow('nobody remembers');
  expect(at.device().syncs).toEqual([]);
  expect(at.device().isClosed).toBe(true);
  at.identity = 'store-is-old';
  expect(await codeOf(encryption.encrypt(message, signal))).toBe('store_outdated');
  expect(at.device(2).calls).toEqual([]);
});

it('a lost token changes nothing in a store whose opening could not be remembered', async () => {
  await using at = new ScriptedAccount(() => new FakeCryptoDevice('lost'));
  const { promise: asked, resolve: isAsked } = Promise.withResolvers<void>();
  at.remember = async () => {
    await asked;
    throw new Error('nobody remembers');
  };
  at.answer = ({ path }) => {
    if (path.includes('since=lost')) return refused(400, 'M_UNKNOWN_POS');
    if (path.includes('/sync?')) isAsked();
    return undefined;
  };
  await expect(at.encryption().ready('main', signal)).rejects.toThrow('nobody remembers');
  expect(at.device().calls).toEqual(['outgoing']);
});

it('an opening is remembered once, also when the first sync fails', async () => {
  await using at = new ScriptedAccount();
  let times = 0;
  at.remember = async () => {
    times++;
    await Promise.resolve();
  };
  at.answer = ({ path }) => (path.includes('/sync?') ? refused(502, 'M_UNKNOWN') : undefined);
  const encryption = at.encryption();
  await expect(encryption.encrypt(message, signal)).rejects.toThrow('502');
  at.answer = () => undefined;
  await encryption.encrypt(message, signal);
  expect(times).toBe(1);
  expect(at.devices.opened).toHaveLength(1);
});

import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { FakeCryptoDevice, request } from './fake-crypto-device.contract.ts';
import { message, roomId, ScriptedAccount } from './scripted-account.contract.ts';

const { signal } = new AbortController();

const refused = (status: number, errcode: string) => ({ status, json: { errcode, error: 'no' } });

async function codeOf(promise: Promise<unknown>): Promise<string> {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  if (!(thrown instanceof Failure)) throw new Error('not a Failure', { cause: thrown });
  return thrown.code;
}

it('keys are uploaded and one sync is made before the first message, in the order of the specification', async () => {
  await using at = new ScriptedAccount(() => {
    const device = new FakeCryptoDevice();
    device.wanted.push(request('keys-upload', 'upload'));
    device.claims.push(request('keys-claim', 'claim'));
    device.shares.push(request('to-device', 'share'));
    device.withheld = 2;
    return device;
  });
  const encryption = at.encryption();
  expect(JSON.parse(await encryption.encrypt(message, signal))).toMatchObject({
    content: message.content,
  });
  const room = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}`;
  expect(at.lines()).toEqual([
    'POST /_matrix/client/v3/keys/query',
    'GET /_matrix/client/v3/devices/DEVICE1',
    'POST /keys-upload/upload',
    'GET /_matrix/client/v3/sync',
    `GET ${room}/state/m.room.encryption/`,
    `GET ${room}/state/m.room.history_visibility/`,
    `GET ${room}/joined_members`,
    `GET ${room}/members`,
    'POST /keys-claim/claim',
    'PUT /to-device/share',
  ]);
  const { calls } = at.device();
  const lasts = ['trackMembers', 'claimMissing', 'shareRoomKey', 'encrypt'];
  const places = lasts.map((operation) => calls.lastIndexOf(operation));
  expect(places).toEqual([...places].sort((a, b) => a - b));
  expect(at.events).toEqual(['identity ok', 'withheld 2']);
  expect(encryption.reports()[0]?.withheld.get(roomId)).toBe(2);
});

it('the room key is looked after before every message', async () => {
  await using at = new ScriptedAccount();
  const encryption = at.encryption();
  await encryption.encrypt(message, signal);
  await encryption.encrypt(message, signal);
  const count = (operation: string) => at.device().calls.filter((it) => it === operation).length;
  expect([count('shareRoomKey'), count('encrypt'), count('setRoom')]).toEqual([2, 2, 1]);
  expect(at.lines('/sync')).toHaveLength(1);
});

it('an engine that dies while a key is given is asked once more, with the device opened anew', async () => {
  await using at = new ScriptedAccount((openings) => {
    const device = new FakeCryptoDevice(openings === 1 ? undefined : 's1');
    device.before = (operation) => {
      if (operation === 'shareRoomKey' && openings === 1) {
        at.devices.crash();
        throw new Failure('encryption_crashed');
      }
    };
    return device;
  });
  const encryption = at.encryption();
  await encryption.encrypt(message, signal);
  expect(at.devices.opened).toHaveLength(2);
  expect(at.device(2).calls).toContain('encrypt');
  expect(at.events).toContain('crashed');
  expect(encryption.reports()[0]?.crashes).toBe(1);
});

it('an engine that died holds up neither the end nor another account', async () => {
  await using at = new ScriptedAccount();
  const encryption = at.encryption(true);
  await encryption.ready('main', signal);
  at.device().close = async () => await Promise.reject(new Failure('encryption_crashed'));
  at.device().isClosed = true;
  at.devices.crash();
  await encryption.ready('main', signal);
  expect(at.devices.opened).toHaveLength(2);
  at.device(2).close = async () => await Promise.reject(new Failure('encryption_crashed'));
  await encryption.close();
});

it('an engine that dies at each try is the failure of the message', async () => {
  await using at = new ScriptedAccount(() => {
    const device = new FakeCryptoDevice();
    device.before = (operation) => {
      if (operation === 'encrypt') throw new Failure('encryption_crashed');
    };
    return device;
  });
  expect(await codeOf(at.encryption().encrypt(message, signal))).toBe('encryption_crashed');
  expect(at.devices.opened).toHaveLength(2);
});

it('an account that speaks from another device gets a store of its own', async () => {
  await using at = new ScriptedAccount();
  const encryption = at.encryption();
  await encryption.encrypt(message, signal);
  at.deviceId = 'DEVICE2';
  at.device().wanted.push(request('keys-query', 'of the device before'));
  await encryption.encrypt(message, signal);
  expect(at.devices.opened.map(({ options }) => options.deviceId)).toEqual(['DEVICE1', 'DEVICE2']);
  expect(at.device().isClosed).toBe(true);
  expect(at.lines('before')).toEqual([]);
  expect(encryption.reports()[0]?.deviceId).toBe('DEVICE2');
});

it('a store is not opened for a device that another process has replaced', async () => {
  await using at = new ScriptedAccount();
  at.answer = ({ path }) => {
    if (!path.endsWith('/devices/DEVICE1')) return undefined;
    at.deviceId = 'DEVICE2';
    return refused(401, 'M_UNKNOWN_TOKEN');
  };
  await at.encryption().encrypt(message, signal);
  expect(at.devices.opened.map(({ options }) => options.deviceId)).toEqual(['DEVICE2']);
});

it('what an operator has mended is looked at when it is woken; what goes well goes on', async () => {
  await using at = new ScriptedAccount();
  at.identity = 'needs-recovery-key';
  const encryption = at.encryption();
  expect(await codeOf(encryption.ready('main', signal))).toBe('recovery_key_needed');
  at.identity = 'ok';
  encryption.wake();
  await encryption.encrypt(message, signal);
  encryption.wake();
  await encryption.encrypt(message, signal);
  expect(at.devices.opened).toHaveLength(2);
});

it('what an operator has to mend is said again without looking, until it is looked at', async () => {
  await using at = new ScriptedAccount();
  at.identity = 'needs-recovery-key';
  const encryption = at.encryption();
  expect(await codeOf(encryption.ready('main', signal))).toBe('recovery_key_needed');
  expect(await codeOf(encryption.encrypt(message, signal))).toBe('recovery_key_needed');
  expect(at.devices.opened).toHaveLength(1);
  expect(at.device().isClosed).toBe(true);
  expect(at.lines()).toEqual([
    'POST /_matrix/client/v3/keys/query',
    'GET /_matrix/client/v3/devices/DEVICE1',
  ]);
  at.identity = 'ok';
  at.clock.advance(30_000);
  await encryption.encrypt(message, signal);
  at.identity = 'store-is-old';
  encryption.refresh();
  expect(await codeOf(encryption.encrypt(message, signal))).toBe('store_outdated');
  expect(encryption.reports()[0]).toMatchObject({ identity: 'store-is-old' });
  expect(at.events).toEqual([
    'identity needs-recovery-key',
    'identity ok',
    'identity store-is-old',
  ]);
});

it('a store in use is counted every hour, so that a copy of it is known for old', async () => {
  await using at = new ScriptedAccount();
  const encryption = at.encryption();
  await encryption.encrypt(message, signal);
  at.clock.advance(60 * 60_000 - 1);
  await encryption.encrypt(message, signal);
  expect(at.devices.opened).toHaveLength(1);
  at.clock.advance(1);
  const both = [encryption.encrypt(message, signal), encryption.encrypt(message, signal)];
  expect(await Promise.all(both)).toHaveLength(2);
  expect(at.devices.opened).toHaveLength(2);
  expect(at.device().isClosed).toBe(true);
});

it('a key whose file was there for the start only opens the store again, until it is looked at again', async () => {
  await using at = new ScriptedAccount();
  let reads = 0;
  const encryption = at.encryption(false, () => {
    if (reads++ > 0) throw new Failure('secret_unreadable');
    return new Uint8Array(32);
  });
  await encryption.encrypt(message, signal);
  at.clock.advance(60 * 60_000);
  await encryption.encrypt(message, signal);
  expect(at.devices.opened).toHaveLength(2);
  encryption.refresh();
  expect(await codeOf(encryption.encrypt(message, signal))).toBe('secret_unreadable');
});

it('a failed first sync is tried again by the next message', async () => {
  await using at = new ScriptedAccount();
  at.answer = ({ path }) => (path.includes('/sync?') ? refused(502, 'M_UNKNOWN') : undefined);
  const encryption = at.encryption();
  await expect(encryption.encrypt(message, signal)).rejects.toThrow('502');
  expect(encryption.reports()[0]?.trouble).toContain('502');
  at.answer = () => undefined;
  await encryption.encrypt(message, signal);
  expect(at.devices.opened).toHaveLength(1);
  expect(encryption.reports()[0]).toMatchObject({
    trouble: undefined,
    syncedAt: at.clock.now(),
  });
});

it('who does not wait any more is told so, and the opening goes on', async () => {
  await using at = new ScriptedAccount();
  const encryption = at.encryption();
  const opening = encryption.ready('main', AbortSignal.abort());
  expect(await codeOf(opening)).toBe('homeserver_unreachable');
  await encryption.ready('main', signal);
  expect(at.devices.opened).toHaveLength(1);
});

it('nothing is opened any more after the end', async () => {
  await using at = new ScriptedAccount();
  const encryption = at.encryption(true);
  await encryption.ready('main', signal);
  await encryption.close();
  expect(at.device().isClosed).toBe(true);
  expect(await codeOf(encryption.encrypt(message, signal))).toBe('shutting_down');
  expect(at.clock.waiting).toBe(0);
});

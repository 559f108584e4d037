import { expect, it } from 'vitest';
import { FakeCryptoDevice, request } from './fake-crypto-device.contract.ts';
import { RequestPump } from './request-pump.ts';
import { ScriptedAccount } from './scripted-account.contract.ts';

const { signal } = new AbortController();

interface Scene {
  readonly at: ScriptedAccount;
  readonly device: FakeCryptoDevice;
  readonly pump: RequestPump;
}

async function open(...wanted: Parameters<FakeCryptoDevice['wanted']['push']>): Promise<Scene> {
  const at = new ScriptedAccount();
  const device = new FakeCryptoDevice();
  device.wanted.push(...wanted);
  return { at, device, pump: new RequestPump(device, await at.session()) };
}

const refuse = (status: number) => ({ status, json: { errcode: 'M_UNKNOWN', error: 'no' } });

it('two at once make each request once', async () => {
  const { at, device, pump } = await open(request('keys-upload', 'a'), request('keys-query', 'b'));
  await Promise.all([pump.run(signal), pump.run(signal)]);
  expect(at.lines()).toEqual(['POST /keys-upload/a', 'POST /keys-query/b']);
  expect(device.marked).toEqual(['a', 'b']);
});

it('what follows from an answer is made in the same run', async () => {
  const { device, pump } = await open(request('keys-upload', 'a'));
  device.before = (operation) => {
    if (operation === 'markSent' && device.wanted.length < 3) {
      device.wanted.push(request('keys-query', `b${device.wanted.length}`));
    }
  };
  await pump.run(signal);
  expect(device.marked).toEqual(['a', 'b1', 'b2']);
});

it('a device that is never satisfied is asked five times', async () => {
  const { at, pump } = await open(request('signatures-upload', ''));
  await pump.run(signal);
  expect(at.lines()).toHaveLength(5);
});

it('a message to a device that the homeserver will never take holds nothing up', async () => {
  const { at, device, pump } = await open(
    request('to-device', 'bad'),
    request('keys-query', 'good'),
  );
  at.answer = ({ path }) => (path.endsWith('bad') ? refuse(400) : undefined);
  await pump.run(signal);
  await pump.run(signal);
  expect(device.marked).toEqual(['good']);
  expect(at.lines('bad')).toHaveLength(1);
});

it.each([
  ['keys-query', 400],
  ['keys-upload', 400],
  ['to-device', 502],
  ['to-device', 429],
] as const)('a %s that is answered with %i is made again by the next run', async (kind, status) => {
  const { at, device, pump } = await open(request(kind, 'a'));
  at.answer = () => refuse(status);
  await expect(pump.run(signal)).rejects.toMatchObject({ status });
  expect(device.marked).toEqual([]);
  at.answer = () => undefined;
  await pump.run(signal);
  expect(device.marked).toEqual(['a']);
});

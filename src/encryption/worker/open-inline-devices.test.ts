import { execFile } from 'node:child_process';
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it, onTestFinished, vi } from 'vitest';
import type { CryptoDevices, DeviceOptions } from '../crypto-device.ts';
import { FakeCryptoDevice } from '../fake-crypto-device.contract.ts';
import { OlmDevice } from './olm-device.ts';
import { onEngineDeath } from './on-engine-death.ts';
import { openInlineDevices } from './open-inline-devices.ts';
import type { OpenDevice } from './thread-message.ts';

// Real keys are work, and tests share their processor.
vi.setConfig({ testTimeout: 30_000 });

/** What the engine writes to. */
const { console: output } = globalThis;

const options: DeviceOptions = {
  account: 'bot',
  userId: '@bot:example.org',
  deviceId: 'BOT',
  file: 'bot.db',
  key: new Uint8Array(32).fill(7),
};

interface Inline {
  readonly devices: CryptoDevices;
  readonly loads: () => number;
  readonly listeners: Set<(death: Error) => void>;
  readonly die: (death: Error) => void;
}

function inline(open: OpenDevice): Inline {
  let loads = 0;
  const listeners = new Set<(death: Error) => void>();
  const devices = openInlineDevices({
    load: async () => {
      loads++;
      return await Promise.resolve(open);
    },
    onDeath: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  });
  onTestFinished(async () => await devices.close());
  const die = (death: Error) => {
    for (const listener of listeners) listener(death);
  };
  return { devices, loads: () => loads, listeners, die };
}

it('a device in this thread is as any other', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bellhop-inline-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const real = { ...options, file: join(directory, 'bot.db') };
  const { devices } = inline(
    async (asked, kind) =>
      await (kind === 'open' ? OlmDevice.open(asked) : OlmDevice.openKept(asked)),
  );
  expect(await devices.openKept(real)).toBeUndefined();
  const first = await devices.open(real);
  expect((await first.outgoing()).map(({ kind }) => kind)).toEqual(['keys-upload', 'keys-query']);
  await first.close();
  await expect(first.rooms()).rejects.toMatchObject({ code: 'shutting_down' });
  const kept = await devices.openKept(real);
  expect(kept?.opened).toMatchObject({ keys: first.opened.keys, isNew: false, starts: 2 });
});

it('the engine is loaded once, with the first device or when that is prepared', async () => {
  const { devices, loads } = inline(async () => await Promise.resolve(new FakeCryptoDevice()));
  expect(loads()).toBe(0);
  devices.prepare();
  await devices.open(options);
  await devices.openKept(options);
  expect(loads()).toBe(1);
});

it('the death of the engine ends the calls under way, is reported first, and nothing is opened any more', async () => {
  const device = new FakeCryptoDevice();
  device.before = async () => await new Promise(() => undefined);
  const { devices, die } = inline(async () => await Promise.resolve(device));
  const heard: string[] = [];
  devices.onCrash(() => heard.push('crash'));
  const remote = await devices.open(options);
  const outgoing = remote.outgoing().catch((error: unknown) => {
    heard.push('call');
    throw error;
  });
  output.error('panicked at', 'the first sight');
  die(new Error('unreachable'));
  const crashed = { code: 'encryption_crashed' };
  await expect(outgoing).rejects.toMatchObject(crashed);
  await expect(outgoing).rejects.toHaveProperty('cause.message', 'panicked at the first sight');
  expect(heard).toEqual(['crash', 'call']);
  await expect(remote.close()).resolves.toBeUndefined();
  await expect(devices.openKept(options)).rejects.toMatchObject(crashed);
});

it('what the engine throws does not get out as it is', async () => {
  const thrown = { free: () => undefined, toString: () => 'an object of the engine' };
  const { devices } = inline(async () => await Promise.reject(thrown as unknown as Error));
  const failure: unknown = await devices.open(options).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'bug' });
  expect(failure).toHaveProperty('cause.message', 'an object of the engine');
});

it('closing closes what is open, and nothing is opened or heard afterwards', async () => {
  const made: FakeCryptoDevice[] = [];
  const { devices, listeners } = inline(async () => {
    const device = new FakeCryptoDevice();
    made.push(device);
    return await Promise.resolve(device);
  });
  const { error } = output;
  await devices.open(options);
  await devices.openKept(options);
  expect(output.error).not.toBe(error);
  await devices.close();
  expect(made.map(({ isClosed }) => isClosed)).toEqual([true, true]);
  expect(listeners.size).toBe(0);
  expect(output.error).toBe(error);
  await expect(devices.open(options)).rejects.toMatchObject({ code: 'shutting_down' });
});

it('a panic of the real engine fails its call, and the process goes on to its end', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'bellhop-inline-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const child = fileURLToPath(new URL('inline-panic-child.contract.ts', import.meta.url));
  const { stdout, stderr } = await promisify(execFile)(process.execPath, [
    child,
    join(directory, 'bot.db'),
  ]);
  expect(JSON.parse(stdout)).toEqual({
    code: 'encryption_crashed',
    cause: expect.stringContaining("Session wasn't created nor shared") as string,
    crashes: 1,
  });
  expect(stderr).toBe('');
});

it('what is not of the engine ends the process', () => {
  const uncaught = new EventEmitter();
  const deaths: Error[] = [];
  const stop = onEngineDeath(uncaught, (death) => deaths.push(death));
  const other = new Error('a mistake somewhere else');
  expect(() => uncaught.emit('uncaughtException', other)).toThrow(other);
  const panic = Object.assign(new Error('unreachable'), { stack: 'at wasm://wasm/engine' });
  uncaught.emit('uncaughtException', panic);
  expect(deaths).toEqual([panic]);
  stop();
  expect(uncaught.listenerCount('uncaughtException')).toBe(0);
});

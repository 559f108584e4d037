import type { MessagePort } from 'node:worker_threads';
import { Failure } from '../../errors.ts';
import type { CryptoDevice, DeviceOptions } from '../crypto-device.ts';
import { recordFailure } from './failure-record.ts';
import type { FromThread, ToThread } from './thread-message.ts';

/** A message of a panic with its stack; beyond this it is repetition. */
const printedCharsMax = 4_000;

/** Opens devices and answers for them on `port`, until it is told to close. */
export function serveDevices(
  port: MessagePort,
  open: (options: DeviceOptions) => Promise<CryptoDevice>,
): void {
  const devices = new Map<number, CryptoDevice>();
  const tell = (message: FromThread) => port.postMessage(message);
  const answer = async (message: Exclude<ToThread, { kind: 'close' }>): Promise<FromThread> => {
    const { call } = message;
    try {
      if (message.kind === 'open') {
        const device = await open(message.options);
        devices.set(message.device, device);
        return { kind: 'open', call, opened: device.opened };
      }
      const device = devices.get(message.device);
      if (device === undefined) throw new Failure('shutting_down');
      if (message.operation === 'close') devices.delete(message.device);
      const operation = device[message.operation] as (...args: unknown[]) => Promise<unknown>;
      return { kind: 'done', call, value: await operation.apply(device, [...message.args]) };
    } catch (thrown) {
      return { kind: 'failed', call, failure: recordFailure(thrown) };
    }
  };
  catchPrinted((text) => tell({ kind: 'printed', text }));
  port.on('message', (message: ToThread) => {
    if (message.kind === 'close') void closeAll(devices, port);
    else void answer(message).then(tell);
  });
}

async function closeAll(devices: ReadonlyMap<number, CryptoDevice>, port: MessagePort) {
  await Promise.allSettled([...devices.values()].map(async (device) => await device.close()));
  port.close();
}

/** The engine prints why it dies, and only then; it belongs into the failure, not among the process's own output. */
function catchPrinted(print: (text: string) => void): void {
  const write = (...parts: unknown[]) =>
    print(parts.map(String).join(' ').slice(0, printedCharsMax));
  Object.assign(globalThis.console, {
    error: write,
    warn: () => undefined,
    info: () => undefined,
    log: () => undefined,
    debug: () => undefined,
  });
}

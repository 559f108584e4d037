import type { MessagePort } from 'node:worker_threads';
import { Failure } from '../../errors.ts';
import type { CryptoDevice } from '../crypto-device.ts';
import { catchPrinted } from './catch-printed.ts';
import { recordFailure } from './failure-record.ts';
import type { FromThread, OpenDevice, ToThread } from './thread-message.ts';

/** Opens devices and answers for them on `port`, until it is told to close. */
export function serveDevices(port: MessagePort, open: OpenDevice): void {
  const devices = new Map<number, CryptoDevice>();
  const tell = (message: FromThread) => port.postMessage(message);
  const answer = async (message: Exclude<ToThread, { kind: 'close' }>): Promise<FromThread> => {
    const { call } = message;
    try {
      if (message.kind !== 'call') {
        const device = await open(message.options, message.kind);
        if (device !== undefined) devices.set(message.device, device);
        return { kind: 'open', call, opened: device?.opened };
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

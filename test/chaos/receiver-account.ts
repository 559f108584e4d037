import type { DeviceOptions } from '../../src/encryption/crypto-device.ts';
import type { FakeUser } from '../../src/testing/fake-homeserver.ts';

/** Whose device receives, where, and where it keeps what it is given. */
export interface ReceiverAccount extends Pick<FakeUser, 'userId' | 'deviceId' | 'accessToken'> {
  readonly baseUrl: string;
  readonly file: string;
}

/** Any key does. */
const key = new Uint8Array(32).fill(9);

/** The store of the receiving device. */
export function receiverStore({ userId, deviceId, file }: ReceiverAccount): DeviceOptions {
  return { account: 'receiver', userId, deviceId, file, key };
}

import type { Session } from '../../matrix/session.ts';
import type { CryptoDevice } from '../crypto-device.ts';
import type { RandomBytes } from './ssss.ts';

/** Whose identity it is, and with what it is worked on. */
export interface IdentityContext {
  /** The account's name in the configuration. */
  readonly account: string;
  /** Of the device. */
  readonly session: Session;
  readonly device: CryptoDevice;
  /** A text that no other opening of the device's store has. */
  readonly opening: string;
  readonly randomBytes: RandomBytes;
  readonly signal: AbortSignal;
}

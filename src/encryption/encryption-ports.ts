import type { Clock } from '../clock.ts';
import type { CryptoDevices } from './crypto-device.ts';
import type { EncryptionEvents } from './encryption.ts';
import type { Identities } from './identity/identities.ts';
import type { SessionSource } from './session-source.ts';

/** What encryption works with. */
export interface EncryptionPorts {
  /** Where the stores are; closed by whoever opened it. */
  readonly devices: CryptoDevices;
  readonly sessions: SessionSource;
  readonly clock: Clock;
  /** Chance from 0 (inclusive) to 1 (exclusive). */
  readonly random: () => number;
  /** The 32 bytes that open the stores. */
  readonly key: () => Uint8Array | Promise<Uint8Array>;
  /** Path of the directory of the stores, each `NAME.db`; made 0700 when it is missing. */
  readonly directory: string;
  /** Who judges whether an account may speak with its device. */
  readonly identities: Pick<Identities, 'examine'>;
  readonly events: EncryptionEvents;
  /** False: it syncs once and then no more, as a program does that says one thing. */
  readonly follow: boolean;
}

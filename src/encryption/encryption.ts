import type { RoomId } from '../matrix/ids.ts';
import type { RoomNews, Sharing } from './crypto-device.ts';

/** How an account stands with encryption; every state but `ok` has a Failure that says what to do. */
export const identityStates = [
  'ok',
  'not-set-up',
  'needs-recovery-key',
  'server-has-other-keys',
  'device-gone',
  'store-is-old',
] as const;
export type IdentityState = (typeof identityStates)[number];

/** One event for an encrypted room. */
export interface EncryptRequest {
  readonly account: string;
  readonly roomId: RoomId;
  readonly type: string;
  /** Canonical JSON. */
  readonly content: string;
  readonly sharing: Sharing;
}

/** What is known of an account's encryption without asking anybody. */
export interface EncryptionReport {
  readonly account: string;
  /** Undefined: it was not needed yet, so not opened. */
  readonly identity: IdentityState | undefined;
  readonly deviceId: string | undefined;
  /** Devices that were refused the key at the last share, by room. */
  readonly withheld: ReadonlyMap<string, number>;
  /** Wall-clock time of the last sync that was stored. */
  readonly syncedAt: number | undefined;
  /** Times the engine died since the start. */
  readonly crashes: number;
  /** Why it does not work at the moment. */
  readonly trouble: string | undefined;
}

/** What encryption reports as it happens. */
export interface EncryptionEvents {
  identity(account: string, state: IdentityState): void;
  crashed(error: Error): void;
  withheld(account: string, roomId: string, devices: number): void;
  roomNews(account: string, news: readonly RoomNews[]): void;
}

/** Speaks in encrypted rooms for any number of accounts. */
export interface Encryption {
  /**
   * The content of an `m.room.encrypted` event that everybody entitled in the room can read: keys are given first. Its
   * ratchet is on disk before it resolves.
   *
   * @throws Failure identity_not_set_up, recovery_key_needed, identity_differs, device_lost, store_outdated,
   * encryption_store_unusable, storage_full, storage_failed: nothing may leave until somebody acts
   * @throws Failure undeliverable: the room asks for an encryption that is not known here; not_found: no such account
   * @throws Failure encryption_crashed, homeserver_unreachable, shutting_down, whatever the session source throws,
   * MatrixError, TransportError: it may be tried again
   */
  encrypt(request: EncryptRequest, signal: AbortSignal): Promise<string>;
  /** Opens the account's device, and syncs once, if that has not been done. As `encrypt`, it throws what is in the way. */
  ready(account: string, signal: AbortSignal): Promise<void>;
  reports(): readonly EncryptionReport[];
  /** Looks at identities, stores and sessions again. */
  refresh(): void;
  /** Looks at once at what was in the way; accounts that go well go on undisturbed. */
  wake(): void;
  /** Ends syncs and closes the stores. */
  close(): Promise<void>;
}

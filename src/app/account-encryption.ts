import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '../clock.ts';
import type { AccountConfig, Config, RoomConfig, Sharing } from '../config/config.ts';
import type { ClearEvent, Encryptor } from '../delivery/encryptor.ts';
import { encryptFile } from '../encryption/encrypt-file.ts';
import type { EncryptionEvents, EncryptionReport } from '../encryption/encryption.ts';
import { Identities } from '../encryption/identity/identities.ts';
import { openEncryption } from '../encryption/open-encryption.ts';
import type { SessionSource } from '../encryption/session-source.ts';
import { storeFile } from '../encryption/store-file.ts';
import { onEngineDeath } from '../encryption/worker/on-engine-death.ts';
import { openCryptoDevices } from '../encryption/worker/open-crypto-devices.ts';
import { openInlineDevices } from '../encryption/worker/open-inline-devices.ts';
import type { OpenDevice } from '../encryption/worker/thread-message.ts';
import { encryptionKey } from './encryption-key.ts';

/** What of the configuration decides how accounts encrypt. */
export interface EncryptionConfig extends Pick<Config, 'dataDir' | 'encryptionKeyPath'> {
  readonly accounts: ReadonlyMap<string, Pick<AccountConfig, 'sharing'>>;
  readonly rooms: ReadonlyMap<
    string,
    Pick<RoomConfig, 'account' | 'sharing'> & { readonly room: string }
  >;
}

/** Where a data directory keeps the encryption stores. */
export function encryptionDirectory(dataDir: string): string {
  return join(dataDir, 'encryption');
}

/** The store of one account's device. */
export function encryptionStore(dataDir: string, account: string): string {
  return storeFile(encryptionDirectory(dataDir), account);
}

export interface AccountEncryptionDeps {
  readonly config: EncryptionConfig;
  readonly sessions: SessionSource;
  readonly clock: Clock;
  readonly events: EncryptionEvents;
  /** Whether devices are kept up to date as long as it is open, or once. */
  readonly follow: boolean;
  /** The file of the keys' thread, where it is another one than usual. */
  readonly threadFile?: URL | undefined;
}

/** Encryption for the configured accounts. */
export interface AccountEncryption extends Encryptor {
  reports(): readonly EncryptionReport[];
  /** Uses another configuration from now on, and looks at identities and stores again. */
  reconfigure(config: EncryptionConfig): Promise<void>;
  /** As `Encryption.wake`. */
  wake(): void;
  close(): Promise<void>;
}

/** Whose devices may read what goes into a lane's room, by what the configuration says now. */
function sharingOf(config: EncryptionConfig, { lane }: ClearEvent): Sharing {
  const room = [...config.rooms.values()].find(
    ({ account, room: reference }) => account === lane.account && reference === lane.room,
  );
  return room?.sharing ?? config.accounts.get(lane.account)?.sharing ?? 'cross-signed';
}

async function loadDevices(): Promise<OpenDevice> {
  const { loadEngine, openDevice } = await import('../encryption/worker/crypto-worker.ts');
  loadEngine();
  return openDevice;
}

/** Opens nothing before the first message that must be encrypted. */
export function openAccountEncryption(deps: AccountEncryptionDeps): AccountEncryption {
  const { sessions, clock, events, follow, threadFile } = deps;
  let { config } = deps;
  const devices = follow
    ? openCryptoDevices({ clock, ...(threadFile === undefined ? {} : { threadFile }) })
    : openInlineDevices({
        load: loadDevices,
        onDeath: (listener) => onEngineDeath(process, listener),
      });
  // Who opens it for one thing to say needs it at once.
  if (!follow) devices.prepare();
  const identities = new Identities(randomBytes);
  const open = () =>
    openEncryption([...config.accounts.keys()], {
      devices,
      sessions,
      clock,
      random: Math.random,
      key: () => encryptionKey(config, encryptionDirectory(config.dataDir)),
      directory: encryptionDirectory(config.dataDir),
      identities,
      events,
      follow,
    });
  let encryption = open();
  return {
    async encrypt(event, signal) {
      const { lane, roomId, type, content } = event;
      const sharing = sharingOf(config, event);
      return await encryption.encrypt(
        { account: lane.account, roomId, type, content, sharing },
        signal,
      );
    },
    async ready({ account }, signal) {
      await encryption.ready(account, signal);
    },
    encryptFile: async (chunks) => await Promise.resolve(encryptFile(chunks, randomBytes)),
    reports: () => encryption.reports(),
    async reconfigure(next) {
      const sameNames = [...next.accounts.keys()].join() === [...config.accounts.keys()].join();
      config = next;
      if (sameNames) {
        encryption.refresh();
        return;
      }
      try {
        await encryption.close();
      } finally {
        encryption = open();
      }
    },
    wake: () => encryption.wake(),
    async close() {
      try {
        await encryption.close();
      } finally {
        await devices.close();
      }
    },
  };
}

import { systemClock } from '../../clock.ts';
import type { ClearEvent, EncryptingFile, Encryptor } from '../../delivery/encryptor.ts';
import type { SessionSource } from '../../encryption/session-source.ts';
import type { LaneKey } from '../../outbox/entry.ts';
import type { AccountEncryption } from '../account-encryption.ts';
import { silentEvents } from '../silent-events.ts';
import type { SendSettings } from './send-settings.ts';

/** Loads what encrypts with the first event that has to be: it takes several times as long as all else. */
export class LateEncryptor implements Encryptor {
  readonly #settings: SendSettings;
  readonly #sessions: SessionSource;
  #loading: Promise<AccountEncryption> | undefined;

  constructor(settings: SendSettings, sessions: SessionSource) {
    this.#settings = settings;
    this.#sessions = sessions;
  }

  async encrypt(event: ClearEvent, signal: AbortSignal): Promise<string> {
    return await (await this.#loaded()).encrypt(event, signal);
  }

  async ready(lane: LaneKey, signal: AbortSignal): Promise<void> {
    await (await this.#loaded()).ready(lane, signal);
  }

  async encryptFile(chunks: AsyncIterable<Uint8Array>): Promise<EncryptingFile> {
    return await (await this.#loaded()).encryptFile(chunks);
  }

  async close(): Promise<void> {
    // What could not be loaded was told to whoever asked for it.
    const loaded = await this.#loading?.catch(() => undefined);
    await loaded?.close();
  }

  async #loaded(): Promise<AccountEncryption> {
    this.#loading ??= this.#load();
    return await this.#loading;
  }

  async #load(): Promise<AccountEncryption> {
    const { openAccountEncryption } = await import('../account-encryption.ts');
    const { dataDir, encryptionKeyPath, accounts, rooms } = this.#settings;
    return openAccountEncryption({
      config: {
        dataDir,
        encryptionKeyPath,
        accounts: new Map(accounts.map((account) => [account.name, account])),
        rooms: new Map(rooms.map((room) => [room.name, room])),
      },
      sessions: this.#sessions,
      clock: systemClock,
      events: { ...silentEvents, roomNews: () => undefined },
      follow: false,
    });
  }
}

import type { SecretSource } from '../../accounts/account-ports.ts';
import { openAccounts } from '../../accounts/accounts.ts';
import { fileCredentialStore } from '../../accounts/credential-store.ts';
import { systemClock } from '../../clock.ts';
import { MatrixSender, type MatrixSenderDeps } from '../../delivery/matrix-sender.ts';
import { parseUserId } from '../../matrix/ids.ts';
import { openNodeHomeserver } from '../../matrix/node-homeserver.ts';
import type { LaneKey } from '../../outbox/entry.ts';
import { readSecretFile } from '../read-secret-file.ts';
import { silentEvents } from '../silent-events.ts';
import { LateEncryptor } from './late-encryptor.ts';
import type { SendSettings, SettingsSecret } from './send-settings.ts';

function secretSource(secret: SettingsSecret | undefined): SecretSource | undefined {
  if (secret === undefined) return undefined;
  return async () => ('inline' in secret ? secret.inline : await readSecretFile(secret.file));
}

/** A sender, and how to let go of what it holds. */
export interface OneShotSender {
  readonly sender: MatrixSender;
  /** Begins what encrypting takes longest with, while the rest goes on. */
  prepareEncryption(lane: LaneKey, signal: AbortSignal): void;
  close(): Promise<void>;
}

/**
 * The daemon's sender, over a connection that opens quickly and serves a few requests. Where nothing is kept, nothing is
 * encrypted either, as the keys must be.
 */
export async function openOneShotSender(
  settings: SendSettings,
  accountName: string,
  parts: Pick<MatrixSenderDeps, 'queue' | 'memory'>,
  keeping: 'store' | 'nothing',
): Promise<OneShotSender> {
  const configured = settings.accounts
    .filter(({ name }) => name === accountName)
    .map((account) => ({
      name: account.name,
      userId: account.userId === undefined ? undefined : parseUserId(account.userId),
      homeserver: account.homeserver,
      accessToken: secretSource(account.accessToken),
      password: secretSource(account.password),
    }));
  const accounts = await openAccounts(configured, {
    store: fileCredentialStore(settings.dataDir),
    clock: systemClock,
    openHomeserver: openNodeHomeserver,
    onEvent: silentEvents.account,
  });
  const required = new Set(
    settings.rooms
      .filter(({ account, encryption }) => account === accountName && encryption === 'required')
      .map(({ room }) => room),
  );
  const encryptor = keeping === 'store' ? new LateEncryptor(settings, accounts) : undefined;
  const sender = new MatrixSender({
    ...parts,
    speakers: accounts,
    clock: systemClock,
    events: silentEvents,
    encryptor,
    encryptionRequired: (key) => required.has(key.room),
  });
  return {
    sender,
    prepareEncryption(lane, signal) {
      // Whatever is in the way is said again when the message is to be encrypted.
      encryptor?.ready(lane, signal).catch(() => undefined);
    },
    async close() {
      try {
        await encryptor?.close();
      } finally {
        await accounts.close();
      }
    },
  };
}

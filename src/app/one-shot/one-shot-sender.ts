import type { SecretSource } from '../../accounts/account-ports.ts';
import { type Accounts, openAccounts } from '../../accounts/accounts.ts';
import { fileCredentialStore } from '../../accounts/credential-store.ts';
import { systemClock } from '../../clock.ts';
import { MatrixSender, type MatrixSenderDeps } from '../../delivery/matrix-sender.ts';
import { parseUserId } from '../../matrix/ids.ts';
import { openNodeHomeserver } from '../../matrix/node-homeserver.ts';
import { readSecretFile } from '../secret-file.ts';
import { silentEvents } from '../silent-events.ts';
import type { SendSettings, SettingsSecret } from './send-settings.ts';

function secretSource(secret: SettingsSecret | undefined): SecretSource | undefined {
  if (secret === undefined) return undefined;
  return async () => ('inline' in secret ? secret.inline : readSecretFile(secret.file));
}

/** The daemon's sender, over a connection that opens quickly and serves a few requests. */
export async function openOneShotSender(
  settings: SendSettings,
  accountName: string,
  parts: Pick<MatrixSenderDeps, 'queue' | 'memory'>,
): Promise<{ sender: MatrixSender; accounts: Accounts }> {
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
    settings.rooms.filter((room) => room.encryption === 'required').map((room) => room.room),
  );
  const sender = new MatrixSender({
    ...parts,
    speakers: accounts,
    clock: systemClock,
    events: silentEvents,
    encryptionRequired: (key) => required.has(key.room),
  });
  return { sender, accounts };
}

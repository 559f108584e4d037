import type { SecretReference } from '../../config/secret.ts';
import { destinationsOf } from '../destinations.ts';
import { readConfig } from '../read-config.ts';
import type { SendProcess } from './run-send.ts';
import type { SendSettings, SettingsSecret } from './send-settings.ts';

function settingsSecret(reference: SecretReference | undefined): SettingsSecret | undefined {
  if (reference === undefined) return undefined;
  return reference.kind === 'file'
    ? { file: reference.path }
    : { inline: reference.secret.reveal() };
}

/**
 * Reads and checks the whole configuration, and takes from it what `send` needs.
 *
 * @param path - the file; undefined: there is none, the environment alone speaks
 * @throws Failure
 */
export async function readSendSettings(
  path: string | undefined,
  process: SendProcess,
): Promise<SendSettings> {
  const config = await readConfig(path, { env: process.env, cwd: process.cwd() });
  const [only] = config.accounts.keys();
  const destinations = destinationsOf(config);
  return {
    dataDir: config.dataDir,
    limits: { queued: config.limits.queuedMax, queuedPerSource: config.limits.queuedPerSourceMax },
    accounts: [...config.accounts.values()].map((account) => ({
      name: account.name,
      userId: account.userId,
      homeserver: account.homeserver,
      accessToken: settingsSecret(account.accessToken),
      password: settingsSecret(account.password),
      sharing: account.sharing,
    })),
    rooms: destinations.map((destination) => ({
      ...destination,
      encryption: config.rooms.get(destination.name)?.encryption ?? 'auto',
      sharing: config.rooms.get(destination.name)?.sharing,
    })),
    defaultRoom: config.defaultRoom,
    anyRoomAccount: path === undefined ? only : undefined,
    encryptionKeyPath: config.encryptionKeyPath,
  };
}

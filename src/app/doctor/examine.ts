import type { AccountEvent } from '../../accounts/account-event.ts';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { RoomRecord } from '../../delivery/room-memory.ts';
import { catalogue } from '../../errors.ts';
import { checkAccount } from './check-accounts.ts';
import { checkDataDir } from './check-data-dir.ts';
import { checkEncryptionFiles } from './check-encryption-files.ts';
import { checkListeners } from './check-listeners.ts';
import { checkSecrets } from './check-secrets.ts';
import { checkStore } from './check-store.ts';
import { type Finding, fail } from './finding.ts';
import { knownRooms } from './known-rooms.ts';

export interface Examination {
  readonly config: Config;
  readonly signal: AbortSignal;
  onEvent(event: AccountEvent): void;
}

/** The outbox that cannot be read has its own finding. */
async function roomsIfReadable(config: Config): Promise<RoomRecord[]> {
  try {
    return await knownRooms(config);
  } catch {
    return [];
  }
}

function emptyConfig(config: Config): Finding[] {
  const exit = catalogue.config_missing.exit;
  if (config.accounts.size === 0) {
    const remedy = 'Add one to `accounts`, then `bellhop login @user:server`.';
    return [fail('accounts', 'none is configured', remedy, exit)];
  }
  if (config.rooms.size > 0) return [];
  return [fail('rooms', 'none is configured', 'Add one to `rooms`.', exit)];
}

/**
 * Everything doctor looks at once it has a configuration, each finding as soon as it is there. It works beside a daemon:
 * nothing is sent, and of what the daemon owns nothing is written but the token that a login or renewal gives.
 */
export async function* examine(examination: Examination): AsyncGenerator<Finding> {
  const { config } = examination;
  yield* await checkSecrets(config);
  yield* checkListeners(config.listen, systemClock.now());
  yield* checkDataDir(config.dataDir);
  yield* checkEncryptionFiles(config);
  yield* await checkStore(config);
  yield* emptyConfig(config);
  const known = await roomsIfReadable(config);
  for (const account of config.accounts.values()) {
    yield* await checkAccount(account, { ...examination, known });
  }
}

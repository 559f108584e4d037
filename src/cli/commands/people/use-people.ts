import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { DeploymentFile } from '../../../app/deployment/read-deployment-file.ts';
import type { Config } from '../../../config/config.ts';
import { createPeopleDoor } from '../../../people/create-people-door.ts';
import type { PeopleDoor } from '../../../people/people-door.ts';
import { changeOutbox } from '../outbox/open-outbox.ts';

/**
 * The people in the data directory, beside a daemon or without one: every change is a transaction. Undefined: nobody
 * was ever spoken of.
 * @throws Failure storage_full, storage_failed
 */
export async function usePeople<Result>(
  config: Config,
  { desired, people }: DeploymentFile,
  use: (door: PeopleDoor) => Promise<Result>,
): Promise<Result | undefined> {
  if (!existsSync(join(config.dataDir, 'outbox.db'))) return undefined;
  const { systemClock } = await import('../../../clock.ts');
  return await changeOutbox(config, async (store) => {
    const door = createPeopleDoor({
      ledger: store.people,
      clock: systemClock,
      serverName: desired.serverName,
      nameRule: people.nameRule,
      reserved: people.reserved,
      policy: () => people.policy,
      // The daemon looks at everybody twice a minute.
      changed: () => undefined,
    });
    return await use(door);
  });
}

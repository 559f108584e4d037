import { join } from 'node:path';
import { createPeopleDoor } from '../../../people/create-people-door.ts';
import { createPeopleReader } from '../../../people/create-people-reader.ts';
import type { PeopleDoor, PeopleReader } from '../../../people/people-door.ts';
import { isThere } from '../../../store/data-dir.ts';
import { changeOutbox, readOutbox } from '../outbox/open-outbox.ts';
import type { OpenedPeople } from './open-people.ts';

/**
 * The people in the data directory, without changing anything, beside its owner or without one. Undefined: nobody was
 * ever spoken of.
 * @throws Failure storage_failed, data_dir_unusable
 */
export async function readPeople<Result>(
  { config, file: { desired, people } }: OpenedPeople,
  use: (reader: PeopleReader) => Promise<Result>,
): Promise<Result | undefined> {
  const { serverName } = desired;
  const { nameRule } = people;
  return await readOutbox<Result | undefined>(config, undefined, async ({ people: ledger }) => {
    return await use(
      createPeopleReader({ ledger, serverName, nameRule, policy: () => people.policy }),
    );
  });
}

/**
 * The people in the data directory, to change them, beside its owner or without one: every change is a transaction.
 * Undefined: nobody was ever spoken of.
 * @throws Failure storage_full, storage_failed, data_dir_unusable
 */
export async function changePeople<Result>(
  { config, file: { desired, people } }: OpenedPeople,
  use: (door: PeopleDoor) => Promise<Result>,
): Promise<Result | undefined> {
  if (!isThere(join(config.dataDir, 'outbox.db'))) return undefined;
  const { systemClock } = await import('../../../clock.ts');
  return await changeOutbox(config, async (store) => {
    const door = createPeopleDoor({
      ledger: store.people,
      clock: systemClock,
      serverName: desired.serverName,
      nameRule: people.nameRule,
      reserved: people.reserved,
      policy: () => people.policy,
      // Whoever looks after them looks at everybody twice a minute.
      changed: () => undefined,
    });
    return await use(door);
  });
}

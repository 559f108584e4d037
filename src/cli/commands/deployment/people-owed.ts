import type { DeploymentFile } from '../../../app/deployment/read-deployment-file.ts';
import type { Config } from '../../../config/config.ts';
import { type OwedPerson, owedPeople } from '../../../people/file/owed-people.ts';
import { readOutbox } from '../outbox/open-outbox.ts';

/**
 * Who of the file's people is owed something, as the data directory knows it.
 * @throws Failure data_dir_unusable, storage_failed
 */
export async function peopleOwed(
  config: Config,
  { people }: DeploymentFile,
): Promise<OwedPerson[]> {
  const owed = await readOutbox(
    config,
    undefined,
    async (store) => await owedPeople(people.declared, store.people),
  );
  return owed ?? (await owedPeople(people.declared));
}

/** A person who is owed something, as people read it, such as `people.anna: let in as member`. */
export const describeOwed = ({ personId, text }: OwedPerson): string =>
  `people.${personId}: ${text}`;

/** The same as `--json` prints it. */
export const owedJson = ({ personId, kind, text }: OwedPerson): object => ({
  id: personId,
  kind,
  text,
});

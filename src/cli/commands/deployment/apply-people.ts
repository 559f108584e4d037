import type { DeploymentFile } from '../../../app/deployment/read-deployment-file.ts';
import type { SyncCall } from '../../../app/deployment/sync-people.ts';
import type { Config } from '../../../config/config.ts';
import { Failure } from '../../../errors.ts';
import type { OwedPerson } from '../../../people/file/owed-people.ts';
import type { PersonState } from '../../../people/person-record.ts';
import type { OpenedDeployment } from './open-deployment-file.ts';
import { peopleOwed } from './people-owed.ts';

/** How the people of a deployment stand after an apply. */
export interface AppliedPeople {
  readonly counts: Readonly<Record<PersonState, number>>;
  /** Those of the file for whom something is left to do. */
  readonly owed: readonly OwedPerson[];
}

/**
 * Brings the people to what the file says, once its rooms are there; undefined: the file has none, and never had.
 * @throws Failure as `syncPeople` and `peopleOwed` do
 */
export async function applyPeople(
  { config, file }: OpenedDeployment,
  call: SyncCall,
): Promise<AppliedPeople | undefined> {
  if (file.people.declared.size === 0 && (await isNobodyOwed(config, file))) return undefined;
  const { syncPeople } = await import('../../../app/deployment/sync-people.ts');
  const { people: counts } = await syncPeople(config, file, call);
  if (file.people.declared.size === 0 && isOfNobody(counts)) return undefined;
  return { counts, owed: await peopleOwed(config, file) };
}

const isOfNobody = (counts: AppliedPeople['counts']): boolean =>
  Object.values(counts).every((count) => count === 0);

/** What only its owner can read, as a database that an older version made, may hold somebody. */
async function isNobodyOwed(config: Config, file: DeploymentFile): Promise<boolean> {
  try {
    return (await peopleOwed(config, file)).length === 0;
  } catch (thrown) {
    if (thrown instanceof Failure) return false;
    throw thrown;
  }
}

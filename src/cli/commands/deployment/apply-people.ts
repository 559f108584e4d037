import type { SyncCall } from '../../../app/deployment/sync-people.ts';
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
 * @throws Failure as `syncPeople` does
 */
export async function applyPeople(
  { config, file }: OpenedDeployment,
  call: SyncCall,
): Promise<AppliedPeople | undefined> {
  const isOfNobody = file.people.declared.size === 0;
  if (isOfNobody && (await peopleOwed(config, file)).length === 0) return undefined;
  const { syncPeople } = await import('../../../app/deployment/sync-people.ts');
  const { people: counts } = await syncPeople(config, file, call);
  return { counts, owed: await peopleOwed(config, file) };
}

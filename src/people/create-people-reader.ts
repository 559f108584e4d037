import { localpartOf, type NameRule } from './localpart.ts';
import { rolesOf } from './memberships/desired-person.ts';
import type { PeopleReader, PersonView } from './people-door.ts';
import type { PeopleLedger } from './people-ledger.ts';
import type { PeoplePolicy } from './people-policy.ts';
import type { PersonRecord } from './person-record.ts';

export interface PeopleReaderDeps {
  readonly ledger: Pick<PeopleLedger, 'person' | 'people' | 'history'>;
  readonly serverName: string;
  readonly nameRule: NameRule;
  readonly policy: () => Pick<PeoplePolicy, 'defaultRoles' | 'adminRoles'>;
}

/** Shows what is written down of people; nothing is changed. */
export function createPeopleReader(deps: PeopleReaderDeps): PeopleReader {
  const { ledger } = deps;
  const view = (record: PersonRecord): PersonView => viewOf(record, deps.policy());
  return {
    async show(name) {
      const record = await findPerson(name, deps);
      return record === undefined ? undefined : view(record);
    },
    async list(query) {
      return (await ledger.people(query)).map(view);
    },
    async history(name, limit) {
      const record = await findPerson(name, deps);
      return record === undefined ? [] : await ledger.history(record.wish.personId, limit);
    },
  };
}

/** A person by the name that a caller writes, or by the id. */
export async function findPerson(
  name: string,
  { ledger, nameRule, serverName }: Omit<PeopleReaderDeps, 'policy'>,
): Promise<PersonRecord | undefined> {
  const outcome = localpartOf(name, nameRule, serverName);
  const found = outcome.ok ? await ledger.person(outcome.localpart) : undefined;
  return found ?? (await ledger.person(name));
}

function viewOf(
  { wish, progress }: PersonRecord,
  policy: Pick<PeoplePolicy, 'defaultRoles' | 'adminRoles'>,
): PersonView {
  const { personId, name, standing, displayName, externalId, source, at, revision } = wish;
  const { state, detail, userId, offboarding } = progress;
  return {
    personId,
    name,
    standing,
    roles: rolesOf(wish, policy),
    displayName,
    externalId,
    source,
    changedAt: at,
    revision,
    state,
    detail,
    stateAt: progress.at,
    userId,
    offboarding,
  };
}

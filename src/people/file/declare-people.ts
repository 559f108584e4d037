import type { Clock } from '../../clock.ts';
import type { LifecycleChange } from '../lifecycle-change.ts';
import type { PeopleLedger } from '../people-ledger.ts';
import type { PersonWish } from '../person-record.ts';
import type { DeclaredPerson } from './parse-people.ts';

/** Who asks, where the deployment file does. */
export const fileSource = 'deployment file';

/** What is asked of a ledger here. */
export type PeopleQueries = Pick<PeopleLedger, 'person' | 'people'>;

/** People are read in pages of this many. */
const pageLimit = 1_000;

export interface Declaration {
  /** Ids of those who were written down anew, and of those who were revoked. */
  readonly created: readonly string[];
  readonly revoked: readonly string[];
  /** Ids of those in the file about whom somebody else had the last word in something: it stands. */
  readonly leftAlone: readonly string[];
}

/** What the deployment file says of people and the ledger does not. */
export interface Undeclared {
  /** By id: to be written down anew. */
  readonly named: ReadonlyMap<string, DeclaredPerson>;
  /** To be revoked. */
  readonly takenOff: readonly PersonWish[];
  /** Ids as in `Declaration`. */
  readonly leftAlone: readonly string[];
}

/** What of the deployment file's people is to be written down; nothing is changed. */
export async function findUndeclared(
  declared: ReadonlyMap<string, DeclaredPerson>,
  ledger: PeopleQueries,
): Promise<Undeclared> {
  const named = new Map<string, DeclaredPerson>();
  const leftAlone: string[] = [];
  for (const [personId, person] of declared) {
    const wish = (await ledger.person(personId))?.wish;
    if (wish !== undefined && isSaid(wish, person)) continue;
    if (wish !== undefined && isOfOthers(wish, person)) leftAlone.push(personId);
    else named.set(personId, person);
  }
  return { named, takenOff: await namesTakenOff(declared, ledger), leftAlone };
}

/**
 * Writes down what the deployment file says of people, where the ledger does not say it yet: whoever is in it is to be
 * there, and whoever is there by the file's word and is no longer named is revoked, past the guard. All of it, or nothing.
 */
export async function declarePeople(
  declared: ReadonlyMap<string, DeclaredPerson>,
  { ledger, clock }: { readonly ledger: PeopleLedger; readonly clock: Clock },
): Promise<Declaration> {
  const { named, takenOff, leftAlone } = await findUndeclared(declared, ledger);
  const changes: LifecycleChange[] = [];
  for (const [personId, person] of named) {
    const at = clock.now();
    changes.push({ ...person, personId, kind: 'created', source: fileSource, at });
  }
  for (const { personId, name } of takenOff) {
    const why = 'taken off the list';
    const at = clock.now();
    changes.push({ personId, name, kind: 'revoked', source: fileSource, guarded: true, why, at });
  }
  await ledger.recordAll(changes);
  return {
    created: [...named.keys()],
    revoked: takenOff.map(({ personId }) => personId),
    leftAlone,
  };
}

async function namesTakenOff(
  declared: ReadonlyMap<string, DeclaredPerson>,
  ledger: PeopleQueries,
): Promise<PersonWish[]> {
  const gone: PersonWish[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await ledger.people({ after, limit: pageLimit });
    for (const { wish } of page) {
      const isOfFile = wish.decidedBy === fileSource && wish.standing === 'active';
      if (isOfFile && !declared.has(wish.personId)) gone.push(wish);
    }
    if (page.length < pageLimit) return gone;
    after = page.at(-1)?.wish.personId;
  }
}

const isSaid = (wish: PersonWish, person: DeclaredPerson): boolean =>
  wish.decidedBy === fileSource && isSameStanding(wish, person) && isSameIdentity(wish, person);

/** Whether somebody else decided on the person last, or on its name or account while the file's decision stands. */
const isOfOthers = (wish: PersonWish, person: DeclaredPerson): boolean =>
  wish.decidedBy !== fileSource || (wish.source !== fileSource && isSameStanding(wish, person));

function isSameStanding(wish: PersonWish, person: DeclaredPerson): boolean {
  return (
    wish.standing === 'active' &&
    wish.rank === undefined &&
    JSON.stringify(wish.roles) === JSON.stringify(person.roles)
  );
}

function isSameIdentity(wish: PersonWish, person: DeclaredPerson): boolean {
  return (
    (person.displayName === undefined || wish.displayName === person.displayName) &&
    (person.externalId === undefined ||
      (wish.externalId?.provider === person.externalId.provider &&
        wish.externalId.externalId === person.externalId.externalId))
  );
}

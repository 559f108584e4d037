import type { PersonRecord, PersonState, PersonWish } from '../person-record.ts';
import { fileSource, findUndeclared, type PeopleQueries } from './declare-people.ts';
import type { DeclaredPerson } from './parse-people.ts';

/** Who waits for an account is owed nothing: only the person can get one, by logging in. */
type Unfinished = Exclude<PersonState, 'applied' | 'waiting'>;

/** Somebody for whom the homeserver is not as the deployment file says. */
export interface OwedPerson {
  readonly personId: string;
  /** `let_in`, `let_go`: that was not even asked for yet. Else how far it is. */
  readonly kind: 'let_in' | 'let_go' | Unfinished;
  readonly text: string;
}

const unfinished: readonly Unfinished[] = ['pending', 'failed', 'held'];

/** As many as are read at once. */
const pageLimit = 1_000;

/**
 * The people of the deployment file who are owed something, as far as it is written down; nothing is changed. Those whom
 * somebody else decided on are none of the file's.
 * @param ledger - undefined: nobody was ever spoken of
 */
export async function owedPeople(
  declared: ReadonlyMap<string, DeclaredPerson>,
  ledger: PeopleQueries = nobody,
): Promise<OwedPerson[]> {
  const { named, takenOff } = await findUndeclared(declared, ledger);
  const unasked = [...[...named].map(letIn), ...takenOff.map(letGo)];
  const known = new Set(unasked.map(({ personId }) => personId));
  const begun: OwedPerson[] = [];
  for (const state of unfinished) {
    for await (const record of ofFile(state, ledger)) {
      if (!known.has(record.wish.personId)) begun.push(owedSince(record, state));
    }
  }
  return [...unasked, ...begun];
}

function letIn([personId, { roles }]: readonly [string, DeclaredPerson]): OwedPerson {
  const as = roles.length === 0 ? '' : ` as ${roles.join(', ')}`;
  return { personId, kind: 'let_in', text: `let in${as}` };
}

const letGo = ({ personId }: PersonWish): OwedPerson => ({
  personId,
  kind: 'let_go',
  text: 'let go, as the name was taken off the list',
});

function owedSince({ wish, progress }: PersonRecord, kind: Unfinished): OwedPerson {
  const text = progress.detail === undefined ? kind : `${kind}: ${progress.detail}`;
  return { personId: wish.personId, kind, text };
}

async function* ofFile(state: PersonState, ledger: PeopleQueries): AsyncGenerator<PersonRecord> {
  let after: string | undefined;
  for (;;) {
    const page = await ledger.people({ after, limit: pageLimit, state });
    yield* page.filter(({ wish }) => wish.decidedBy === fileSource);
    if (page.length < pageLimit) return;
    after = page.at(-1)?.wish.personId;
  }
}

const nobody: PeopleQueries = {
  person: () => Promise.resolve(undefined),
  people: () => Promise.resolve([]),
};

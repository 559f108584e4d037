import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { localpartOf, type NameRule } from './localpart.ts';
import { rolesOf } from './memberships/desired-person.ts';
import type { PeopleDoor, PersonView } from './people-door.ts';
import type { PeopleLedger } from './people-ledger.ts';
import type { PeoplePolicy } from './people-policy.ts';
import type { PersonRecord } from './person-record.ts';

export interface PeopleDoorDeps {
  readonly ledger: PeopleLedger;
  readonly clock: Clock;
  readonly serverName: string;
  readonly nameRule: NameRule;
  /** Names nobody may have, as localparts: the bot, and the callers. */
  readonly reserved: ReadonlySet<string>;
  readonly policy: () => Pick<PeoplePolicy, 'roles' | 'defaultRoles' | 'adminRoles'>;
  /** Called after each change that was written down. */
  readonly changed: () => void;
}

/** So much of a caller's text is kept; names of roles and reasons are short. */
const textLengthMax = 512;

export function createPeopleDoor(deps: PeopleDoorDeps): PeopleDoor {
  const { ledger, clock } = deps;
  const view = (record: PersonRecord): PersonView => viewOf(record, deps.policy());
  const find = async (name: string): Promise<PersonRecord | undefined> => {
    const { nameRule, serverName } = deps;
    const outcome = localpartOf(name, nameRule, serverName);
    const found = outcome.ok ? await ledger.person(outcome.localpart) : undefined;
    return found ?? (await ledger.person(name));
  };
  return {
    async change(change) {
      const personId = personIdOf(change.name, deps);
      refuseUnknownRoles(change.roles, deps);
      const { displayName, why, source, externalId } = change;
      refuseLongTexts([displayName, why, source, externalId?.provider, externalId?.externalId]);
      const roles = change.roles === undefined ? undefined : [...new Set(change.roles)];
      const { wish } = await ledger.record({ ...change, roles, personId, at: clock.now() });
      deps.changed();
      return { personId, revision: wish.revision, standing: wish.standing };
    },
    async show(name) {
      const record = await find(name);
      return record === undefined ? undefined : view(record);
    },
    async list(query) {
      return (await ledger.people(query)).map(view);
    },
    async approve(name, by) {
      const record = await find(name);
      if (record === undefined) return false;
      const isApproved = await ledger.approve(record.wish.personId, by, clock.now());
      if (isApproved) deps.changed();
      return isApproved;
    },
    async history(name, limit) {
      const record = await find(name);
      return record === undefined ? [] : await ledger.history(record.wish.personId, limit);
    },
  };
}

function personIdOf(name: string, { nameRule, serverName, reserved }: PeopleDoorDeps): string {
  const outcome = localpartOf(name, nameRule, serverName);
  if (!outcome.ok) {
    throw new Failure('bad_input', { detail: `The person's name ${outcome.why}.` });
  }
  if (reserved.has(outcome.localpart)) {
    throw new Failure('bad_input', { detail: "The person's name is reserved." });
  }
  return outcome.localpart;
}

function refuseUnknownRoles(
  roles: readonly string[] | undefined,
  { policy }: PeopleDoorDeps,
): void {
  const known = policy().roles;
  const names = [...known.keys()].join(', ') || 'none';
  const problems = (roles ?? []).flatMap((role, index) =>
    known.has(role)
      ? []
      : [`roles.${index}: There is no role ${JSON.stringify(role)}; there are: ${names}.`],
  );
  if (problems.length > 0) throw new Failure('bad_input', { problems });
}

function refuseLongTexts(texts: readonly (string | undefined)[]): void {
  if (texts.every((text) => (text?.length ?? 0) <= textLengthMax)) return;
  throw new Failure('bad_input', { detail: `A text has at most ${textLengthMax} characters.` });
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

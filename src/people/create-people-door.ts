import type { Clock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { createPeopleReader, findPerson, type PeopleReaderDeps } from './create-people-reader.ts';
import { localpartOf } from './localpart.ts';
import type { PeopleDoor } from './people-door.ts';
import type { PeopleLedger } from './people-ledger.ts';
import type { PeoplePolicy } from './people-policy.ts';

export interface PeopleDoorDeps extends PeopleReaderDeps {
  readonly ledger: PeopleLedger;
  readonly clock: Clock;
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
  return {
    ...createPeopleReader(deps),
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
    async approve(name, by) {
      const record = await findPerson(name, deps);
      if (record === undefined) return false;
      const isApproved = await ledger.approve(record.wish.personId, by, clock.now());
      if (isApproved) deps.changed();
      return isApproved;
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

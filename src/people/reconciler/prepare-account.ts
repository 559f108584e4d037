import type { Clock } from '../../clock.ts';
import type { UserId } from '../../matrix/ids.ts';
import type { Accounts } from '../accounts.ts';
import { beginOffboarding } from '../offboarding/begin-offboarding.ts';
import { mayBeEnding } from '../offboarding/offboarding.ts';
import type { PeopleLedger } from '../people-ledger.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import type { Account, PersonWork } from '../person-work.ts';

/** Names nothing that a person can be, and so is never what it is to be. */
const gone = 'gone with the account';

/** What a person's account is looked up and put right with. */
export interface AccountDeps {
  readonly accounts: Accounts;
  readonly ledger: PeopleLedger;
  readonly policy: PeoplePolicy;
  readonly clock: Clock;
  readonly botUserId: UserId;
  /** What was read of all accounts, where that is enough. */
  readonly listed: ReadonlyMap<UserId, Account> | undefined;
  readonly signal: AbortSignal;
}

/** Finds a person's account and makes it usable, or shuts a revoked person out. */
export async function prepareAccount(work: PersonWork, deps: AccountDeps): Promise<void> {
  if (work.desired.unknownRoles.length > 0) {
    work.bar(rolesMissing(work));
    return;
  }
  await find(work, deps);
  if (work.account === undefined || work.isBarred) return;
  if (work.desired.isRevoked) await beginOffboarding(work, deps, deps.signal);
  else await revive(work, work.account, deps);
}

/** Whoever takes a role out of the file may mean its holders or not: only a person can say. */
function rolesMissing({ personId, desired: { unknownRoles } }: PersonWork): string {
  const [first] = unknownRoles;
  const what =
    unknownRoles.length === 1
      ? `role ${first} is not in the file`
      : `roles ${unknownRoles.join(', ')} are not in the file`;
  return `${what}: nothing is done until it is there again, or PUT /v1/people/${encodeURIComponent(personId)} names other "roles".`;
}

async function find(work: PersonWork, deps: AccountDeps): Promise<void> {
  const { accounts, botUserId, listed, signal } = deps;
  const { externalId } = work.record.wish;
  if (externalId !== undefined && work.record.progress.userId === undefined) {
    const { provider } = externalId;
    const userId = await accounts.find(provider, externalId.externalId, signal);
    if (userId !== undefined) work.userId = userId;
  }
  if (work.userId === botUserId) {
    work.bar(`${botUserId} is the deployment's own account; it is not touched.`);
    return;
  }
  if (listed !== undefined) {
    work.account = listed.get(work.userId);
    return;
  }
  const account = await accounts.read(work.userId, signal);
  const other = account?.externalIds.find(({ provider }) => provider === externalId?.provider);
  if (other !== undefined && other.externalId !== externalId?.externalId) {
    work.findings.push(`${work.userId} belongs to another user of ${other.provider}.`);
    return;
  }
  work.account = account;
}

/** An account that was ended for this person, or before it was created anew, is given back. */
async function revive(work: PersonWork, account: Account, deps: AccountDeps): Promise<void> {
  const { offboarding } = work.progress;
  const mayEnd = offboarding !== undefined && mayBeEnding(offboarding, deps.clock.now());
  if (mayEnd && !account.deactivated) {
    work.goesOn = 'A deactivation that was asked for before may still be running.';
    return;
  }
  if (account.deactivated || account.locked) await giveBack(work, account, deps);
  if (work.isReady) await setDisplayName(work, account, deps);
}

async function giveBack(
  work: PersonWork,
  account: Account,
  { accounts, ledger, signal }: AccountDeps,
): Promise<void> {
  const { offboarding, createdRevision } = work.progress;
  if (offboarding === undefined && work.record.wish.createdRevision <= createdRevision) {
    const how = account.deactivated ? 'deactivated' : 'locked';
    work.findings.push(`${work.userId} was ${how} by somebody else; create the person anew.`);
    return;
  }
  await forgetApplied(work, account, ledger);
  await accounts.change(work.userId, { deactivated: false, locked: false }, signal);
  work.account = { ...account, deactivated: false, locked: false };
  work.did('account given back');
}

/**
 * Whoever ended or locked an account took what it had: the person begins anew. A profile ends with the account, not with
 * a lock. On disk before it is given back: afterwards nothing else would tell.
 */
async function forgetApplied(
  work: PersonWork,
  { deactivated }: Account,
  ledger: PeopleLedger,
): Promise<void> {
  const { personId, record, userId } = work;
  const { applied, kept } = work.progress;
  const displayName = deactivated ? undefined : work.progress.displayName;
  const isForgotten = applied === gone && kept?.userId === userId && kept.rooms.length === 0;
  if (isForgotten && displayName === work.progress.displayName) return;
  work.progress = { ...work.progress, applied: gone, displayName, kept: { userId, rooms: [] } };
  const { revision } = record.wish;
  await ledger.recordResults([{ personId, revision, progress: work.progress, deeds: [] }]);
}

/** A name that the person was given once and has changed since is the person's own. */
async function setDisplayName(
  work: PersonWork,
  account: Account,
  { accounts, policy, signal }: AccountDeps,
): Promise<void> {
  const { displayName } = work.desired;
  const isFresh = work.progress.displayName !== displayName || policy.drift === 'enforce';
  if (displayName === undefined || !isFresh) return;
  if (account.displayName !== displayName) {
    await accounts.change(work.userId, { displayName }, signal);
    work.did('display name set');
  }
  if (work.progress.displayName !== displayName) work.progress = { ...work.progress, displayName };
}

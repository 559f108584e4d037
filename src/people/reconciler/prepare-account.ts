import type { Clock } from '../../clock.ts';
import type { UserId } from '../../matrix/ids.ts';
import type { Accounts } from '../accounts.ts';
import { beginOffboarding } from '../offboarding/begin-offboarding.ts';
import { mayBeEnding } from '../offboarding/offboarding.ts';
import type { PeopleLedger } from '../people-ledger.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import type { Account, PersonWork } from '../person-work.ts';

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
  await find(work, deps);
  if (work.account === undefined) return;
  if (work.desired.isRevoked) await beginOffboarding(work, deps, deps.signal);
  else await revive(work, work.account, deps);
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
    work.findings.push(`${botUserId} is the deployment's own account; it is not touched.`);
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
  { accounts, signal }: AccountDeps,
): Promise<void> {
  const { offboarding, createdRevision } = work.progress;
  if (offboarding === undefined && work.record.wish.createdRevision <= createdRevision) {
    const how = account.deactivated ? 'deactivated' : 'locked';
    work.findings.push(`${work.userId} was ${how} by somebody else; create the person anew.`);
    return;
  }
  await accounts.change(work.userId, { deactivated: false, locked: false }, signal);
  work.account = { ...account, deactivated: false, locked: false };
  work.did('account given back');
}

async function setDisplayName(
  work: PersonWork,
  account: Account,
  { accounts, policy, signal }: AccountDeps,
): Promise<void> {
  const { displayName } = work.desired;
  const isFresh = work.progress.applied !== work.desired.version || policy.drift === 'enforce';
  if (displayName === undefined || !isFresh || account.displayName === displayName) return;
  await accounts.change(work.userId, { displayName }, signal);
  work.did('display name set');
}

import type { UserId } from '../../matrix/ids.ts';
import type { Accounts } from '../accounts.ts';
import type { Account, PersonWork } from '../person-work.ts';

/** Up to this many accounts are asked for one by one; beyond, reading all the names costs less. */
const singleReadsMax = 8;

/**
 * The accounts of those whose account was never seen, as far as the list of all tells; undefined: so few that each is
 * better read by itself.
 */
export async function listAccounts(
  works: readonly PersonWork[],
  accounts: Accounts,
  signal: AbortSignal,
): Promise<ReadonlyMap<UserId, Account> | undefined> {
  const unseen = new Set(works.filter(isUnseen).map(({ userId }) => userId));
  if (unseen.size <= singleReadsMax) return undefined;
  const found = new Map<UserId, Account>();
  for await (const page of accounts.list(signal)) {
    for (const user of page) if (unseen.has(user.userId)) found.set(user.userId, user);
  }
  return found;
}

/** Whether the list of all accounts says enough of a person's. */
export function isUnseen({ record: { wish, progress } }: PersonWork): boolean {
  return (
    progress.userId === undefined &&
    progress.offboarding === undefined &&
    wish.externalId === undefined
  );
}

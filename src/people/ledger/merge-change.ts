import type { LifecycleChange } from '../lifecycle-change.ts';
import type { PersonProgress, PersonRecord, PersonWish } from '../person-record.ts';

/**
 * What is known of a person after a change. The last change wins, but only a creation takes a revocation back: whatever
 * else arrives after it, late or out of order, gives no rights.
 */
export function mergeChange(
  before: PersonRecord | undefined,
  change: LifecycleChange,
): PersonRecord {
  const wish = mergeWish(before?.wish ?? unheardOf(change), change);
  return { wish, progress: pendingAgain(before, wish) };
}

/** Whether a change says nothing any more, because its person was revoked before. */
export function isVoid(before: PersonRecord | undefined, change: LifecycleChange): boolean {
  return (
    before?.wish.standing === 'revoked' && (change.kind === 'promoted' || change.kind === 'demoted')
  );
}

function unheardOf({ personId, name, source, at }: LifecycleChange): PersonWish {
  return {
    personId,
    name,
    source,
    at,
    decidedBy: source,
    standing: 'unstated',
    roles: undefined,
    rank: undefined,
    displayName: undefined,
    externalId: undefined,
    revision: 0,
    standingRevision: 0,
    createdRevision: 0,
    revokedRevision: 0,
    revokedAt: 0,
    isGuarded: false,
    isApproved: false,
  };
}

function mergeWish(before: PersonWish, change: LifecycleChange): PersonWish {
  const wish = mergeStanding(
    before,
    {
      ...before,
      name: change.name,
      source: change.source,
      at: change.at,
      revision: before.revision + 1,
      displayName: change.displayName ?? before.displayName,
      externalId: change.externalId ?? before.externalId,
      decidedBy: isDecision(before, change) ? change.source : before.decidedBy,
    },
    change,
  );
  return isSameStanding(before, wish) ? wish : { ...wish, standingRevision: wish.revision };
}

/** Whether a change says if, or as what, its person is to be there. */
function isDecision({ standing }: PersonWish, { kind, roles }: LifecycleChange): boolean {
  if (kind === 'created' || kind === 'revoked') return true;
  return standing !== 'revoked' && (kind !== 'updated' || roles !== undefined);
}

function isSameStanding(one: PersonWish, other: PersonWish): boolean {
  const text = ({ standing, roles, rank }: PersonWish) =>
    JSON.stringify([standing, roles?.toSorted() ?? null, rank]);
  return text(one) === text(other);
}

function mergeStanding(before: PersonWish, wish: PersonWish, change: LifecycleChange): PersonWish {
  if (change.kind === 'revoked') return revoked(before, wish, change);
  if (change.kind === 'created') {
    const { revision } = wish;
    return { ...withRoles(wish, change), standing: 'active', createdRevision: revision };
  }
  if (before.standing === 'revoked') return wish;
  if (change.kind === 'updated') return withRoles(wish, change);
  return { ...withRoles(wish, change), rank: change.kind };
}

function withRoles(wish: PersonWish, { roles }: LifecycleChange): PersonWish {
  return roles === undefined ? wish : { ...wish, roles, rank: undefined };
}

function revoked(before: PersonWish, wish: PersonWish, change: LifecycleChange): PersonWish {
  const isGuarded = change.guarded === true;
  const bare = { ...wish, roles: undefined, rank: undefined };
  if (before.standing === 'revoked') {
    // A second word can only let a held revocation go on, never hold one back that is under way.
    return { ...bare, isGuarded: before.isGuarded && isGuarded };
  }
  const { revision: revokedRevision, at: revokedAt } = wish;
  return {
    ...bare,
    standing: 'revoked',
    revokedRevision,
    revokedAt,
    isGuarded,
    isApproved: false,
  };
}

function pendingAgain(before: PersonRecord | undefined, wish: PersonWish): PersonProgress {
  const progress = before?.progress;
  const isSameIdentity =
    before?.wish.externalId?.externalId === wish.externalId?.externalId &&
    before?.wish.externalId?.provider === wish.externalId?.provider;
  const isHeld = progress?.state === 'held' && wish.standing === 'revoked' && wish.isGuarded;
  return {
    state: isHeld ? 'held' : 'pending',
    detail: isHeld ? progress.detail : undefined,
    at: wish.at,
    userId: isSameIdentity ? progress?.userId : undefined,
    applied: progress?.applied,
    displayName: isSameIdentity ? progress?.displayName : undefined,
    createdRevision: progress?.createdRevision ?? 0,
    kept: progress?.kept,
    offboarding: progress?.offboarding,
  };
}

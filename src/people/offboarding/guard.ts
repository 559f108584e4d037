import type { PersonRecord } from '../person-record.ts';

/** When revocations by directories are too many to be believed. */
export interface GuardPolicy {
  /** More than this share of the people at once, in percent, is held. */
  readonly percentMax: number;
  /** Fewer than this many never are: in a small deployment one person is a large share. */
  readonly peopleMin: number;
  /** Revocations within this time count as one act. */
  readonly windowMs: number;
  /** A revocation waits this long for the others of its act. */
  readonly settleMs: number;
}

/** A fifth of the people within an hour is no ordinary day; a directory tells its changes within seconds. */
export const defaultGuardPolicy: GuardPolicy = {
  percentMax: 20,
  peopleMin: 5,
  windowMs: 60 * 60_000,
  settleMs: 15_000,
};

export interface GuardVerdict {
  /** Ids of those whose revocation waits to be approved. */
  readonly held: ReadonlySet<string>;
  /** Ids of those whose revocation waits for the others of its act. */
  readonly settling: ReadonlySet<string>;
  /** Until the first of these has waited long enough; undefined: none waits. */
  readonly settledInMs: number | undefined;
  readonly detail: string;
}

/** Which revocations by directories may not begin yet. What has begun, or was approved, goes on. */
export function guardRevocations(
  records: readonly PersonRecord[],
  policy: GuardPolicy,
  now: number,
): GuardVerdict {
  const guarded = records.filter(({ wish }) => wish.standing === 'revoked' && wish.isGuarded);
  const waiting = guarded.filter((record) => !record.wish.isApproved && !hasBegun(record));
  const recent = guarded.filter(
    (record) => isHeld(record) || now - record.wish.revokedAt <= policy.windowMs,
  );
  const active = records.filter(({ wish }) => wish.standing === 'active').length;
  const percent = (100 * recent.length) / Math.max(active + recent.length, 1);
  const isTooMany = recent.length >= policy.peopleMin && percent > policy.percentMax;
  const held = waiting.filter((record) => isTooMany || isHeld(record));
  const ageMs = ({ wish }: PersonRecord): number => now - wish.revokedAt;
  // From the future, after the clock was set back: nothing says how long it is to wait.
  const isFresh = (record: PersonRecord) => ageMs(record) >= 0 && ageMs(record) < policy.settleMs;
  const settling = waiting.filter((record) => !held.includes(record) && isFresh(record));
  return {
    held: new Set(held.map(idOf)),
    settling: new Set(settling.map(idOf)),
    settledInMs: settling
      .map((record) => policy.settleMs - ageMs(record))
      .reduce<number | undefined>((least, ms) => Math.min(least ?? ms, ms), undefined),
    detail:
      `A directory revoked ${recent.length} of ${active + recent.length} people at once. ` +
      'If that is meant: bellhop people approve ID.',
  };
}

const idOf = ({ wish }: PersonRecord): string => wish.personId;

const isHeld = ({ wish, progress }: PersonRecord): boolean =>
  progress.state === 'held' && !wish.isApproved;

function hasBegun({ wish, progress }: PersonRecord): boolean {
  return progress.offboarding?.revision === wish.revokedRevision || progress.state === 'applied';
}

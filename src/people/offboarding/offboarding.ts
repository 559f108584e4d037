/** The stages in their order; each names what is done when it is reached. */
export const offboardingStages = [
  'recorded',
  'locked',
  'signed_out',
  'removed',
  'redacted',
  'media_deleted',
  'deactivated',
  'erased',
] as const;

export type OffboardingStage = (typeof offboardingStages)[number];

/** How far a revoked person has been let go, and the evidence of it. */
export interface Offboarding {
  /** The revision of the revocation. */
  readonly revision: number;
  readonly stage: OffboardingStage;
  /** The rooms the account was in before anything was done. */
  readonly rooms: readonly string[];
  readonly evidence: readonly OffboardingEvidence[];
  /** Of the redaction under way. */
  readonly redactId?: string | undefined;
  /** When a deactivation was asked for whose answer is not known: it may still run. */
  readonly attemptedAt?: number | undefined;
  readonly deactivatedAt?: number | undefined;
}

export interface OffboardingEvidence {
  /** Wall-clock milliseconds. */
  readonly at: number;
  readonly what: string;
}

/** How people are let go. */
export interface OffboardingPolicy {
  /** Empty their messages in the rooms that were recorded; erasing does not do that. */
  readonly redact: boolean;
  readonly deleteMedia: boolean;
  /** `lock`: the account stays, locked and without devices. */
  readonly end: 'lock' | 'deactivate';
  /** Take the profile away and hide messages from later joiners. */
  readonly erase: boolean;
  /** Between deactivation and erasure, in milliseconds; 0: both in one call. */
  readonly graceMs: number;
}

/** Where python-matrix-rmapi's revocation ends: deactivated and erased at once. */
export const defaultOffboardingPolicy: OffboardingPolicy = {
  redact: false,
  deleteMedia: false,
  end: 'deactivate',
  erase: true,
  graceMs: 0,
};

/** Whether a stage is behind. */
export function hasReached({ stage }: Offboarding, wanted: OffboardingStage): boolean {
  return offboardingStages.indexOf(stage) >= offboardingStages.indexOf(wanted);
}

/** A redaction may be begun again after each restart of the homeserver; more lines than this say nothing new. */
const evidenceMax = 100;

/** An offboarding that went on. */
export function withEvidence(
  offboarding: Offboarding,
  at: number,
  what: string,
  change: Partial<Offboarding> = {},
): Offboarding {
  const evidence = [...offboarding.evidence, { at, what }].slice(-evidenceMax);
  return { ...offboarding, ...change, evidence };
}

/** The stage at which a policy has nothing more to do. */
export function lastStage(policy: OffboardingPolicy): OffboardingStage {
  if (policy.end === 'deactivate') return policy.erase ? 'erased' : 'deactivated';
  if (policy.deleteMedia) return 'media_deleted';
  return policy.redact ? 'redacted' : 'removed';
}

/** Whether there is more to do for somebody who is locked out already. */
export function isEndingDue(
  offboarding: Offboarding,
  policy: OffboardingPolicy,
  now: number,
): boolean {
  if (hasReached(offboarding, lastStage(policy))) return false;
  if (!hasReached(offboarding, 'deactivated')) return true;
  return now >= (offboarding.deactivatedAt ?? 0) + policy.graceMs;
}

/** A deactivation whose answer was lost may still run; it was seen to take more than a minute, and is given three. */
const deactivationSettleMs = 180_000;

/** Whether a deactivation may be running of which nobody waits for the answer any more. */
export function mayBeEnding({ attemptedAt }: Offboarding, now: number): boolean {
  // An attempt from the future, after the clock was set back, says nothing.
  return (
    attemptedAt !== undefined && now >= attemptedAt && now - attemptedAt < deactivationSettleMs
  );
}

import type { Clock } from '../clock.ts';
import type { LaneKey } from '../outbox/entry.ts';
import { isLate, lateContent } from '../outbox/late.ts';
import { hasLocalEventId } from '../outbox/local-event-id.ts';
import type { ClaimedEntry, DeliveryQueue, Target } from '../outbox/outbox.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import type { Outcome, Setback } from './outcome.ts';
import { mustLookUp } from './policy.ts';
import type { Sender } from './sender.ts';
import type { SettlementLog } from './settlement-log.ts';

export interface AttemptDeps {
  readonly queue: Pick<DeliveryQueue, 'complete' | 'isKnownEvent' | 'noteAbsent'>;
  readonly sender: Sender;
  readonly clock: Clock;
  readonly events: DeliveryEvents;
  readonly settlements: Pick<SettlementLog, 'flush'>;
  readonly signal: AbortSignal;
  /** Called before a request that the homeserver may take. */
  leaving(): void;
}

/** What trying one entry came to; `expired` means that no request was made. */
export type AttemptResult = Outcome | { readonly kind: 'expired' };

/**
 * Whether an entry that counts as `unknown` may have been attempted. What must be completed wherever it goes, as by an
 * upload or the ids of real events, is stored before the first request, so without stored content there was none.
 */
function wasAttempted(deps: Pick<AttemptDeps, 'sender'>, entry: ClaimedEntry): boolean {
  if (entry.unknown === undefined) return false;
  return entry.accepted !== undefined || deps.sender.mayLeaveAsAccepted(entry);
}

/** Tries one entry once, with all that must precede the request. It never throws for what the world answers. */
export function attempt(
  deps: AttemptDeps,
  key: LaneKey,
  entry: ClaimedEntry,
  target: Target,
): Promise<AttemptResult> {
  const now = deps.clock.now();
  if (expires(deps, entry, now)) return expired;
  if (wasAttempted(deps, entry)) return repeat(deps, key, entry, target);
  if (isFinal(deps, entry, target, now)) return send(deps, key, entry, target);
  return completeAndSend(deps, key, entry, target, now);
}

/** Whether its time is over; not if it may have arrived, as then that is settled first. */
export function expires(
  deps: Pick<AttemptDeps, 'sender'>,
  entry: ClaimedEntry,
  now: number,
): boolean {
  const { expireAt } = entry;
  return expireAt !== undefined && now >= expireAt && !wasAttempted(deps, entry);
}

const expired: Promise<AttemptResult> = Promise.resolve({ kind: 'expired' });

/** Whether the entry leaves as it was accepted, or as it was stored when it was completed before. */
function isFinal(deps: AttemptDeps, entry: ClaimedEntry, target: Target, now: number): boolean {
  if (deps.sender.mustComplete(entry, target)) return false;
  return entry.accepted !== undefined || !isLate(entry, now);
}

async function completeAndSend(
  deps: AttemptDeps,
  key: LaneKey,
  entry: ClaimedEntry,
  target: Target,
  now: number,
): Promise<Outcome> {
  const completed = await complete(deps, key, entry, target, now);
  return 'kind' in completed ? completed : await send(deps, key, completed, target);
}

/** Makes the content final, and stores it before the request leaves. */
async function complete(
  deps: AttemptDeps,
  key: LaneKey,
  entry: ClaimedEntry,
  target: Target,
  now: number,
): Promise<ClaimedEntry | Outcome> {
  const { type, content: given } = entry.accepted ?? entry;
  let content = isLate(entry, now)
    ? Buffer.from(lateContent(given.toString(), entry.createdAt))
    : given;
  let sealedFor: Target | undefined;
  if (deps.sender.mustComplete(entry, target)) {
    // The event it names may have been made a moment ago, by the entry before it.
    if (hasLocalEventId(content) && !(await deps.settlements.flush())) return notNow;
    const draft = { ...entry, type, content };
    const completion = await deps.sender.complete(draft, target, key, deps.signal);
    if (!completion.ok) return completion.setback;
    content = Buffer.from(completion.content);
    if (completion.sealed) sealedFor = target;
  }
  await deps.queue.complete(entry.seq, content, sealedFor);
  const accepted = { type, content: given };
  const finalType = sealedFor === undefined ? type : 'm.room.encrypted';
  return { ...entry, type: finalType, content, accepted, sealedFor };
}

const notNow: Outcome = {
  kind: 'failed',
  error: 'the outbox could not be written',
  unknown: false,
};

/**
 * Repeats the same bytes, after a look into the room where the homeserver may have forgotten the transaction id, or where
 * those bytes may no longer leave.
 */
async function repeat(
  deps: AttemptDeps,
  key: LaneKey,
  entry: ClaimedEntry,
  target: Target,
): Promise<Outcome> {
  const { unknown } = entry;
  const now = deps.clock.now();
  // Other bytes may take the place of the first only if those surely did not arrive.
  const mustChange = deps.sender.mustComplete(entry, target);
  if (mustChange || (unknown !== undefined && mustLookUp(unknown, target, now))) {
    const found = await lookUp(deps, key, entry, target);
    if (found !== undefined) return found;
    // After a crash there is one place to look for it, also if the lane leads back to where it was.
    await deps.queue.noteAbsent(entry.seq, now, target);
  }
  if (mustChange) return await completeAndSend(deps, key, entry, target, now);
  const outcome = await send(deps, key, entry, target);
  if (outcome.kind !== 'dead') return outcome;
  // The repeat is refused for good, but the first attempt may have arrived.
  return (await lookUp(deps, key, entry, target)) ?? outcome;
}

/**
 * What becomes of an entry that failed too often to be tried again: if it may have arrived, the room has the last word.
 */
export async function lastLook(
  deps: AttemptDeps,
  key: LaneKey,
  entry: ClaimedEntry,
  target: Target,
  failure: Setback & { readonly kind: 'failed' },
): Promise<Outcome> {
  const dead: Outcome = { kind: 'dead', reason: 'server-error', error: failure.error };
  if (!failure.unknown && !wasAttempted(deps, entry)) return dead;
  const told = await lookUp(deps, key, entry, target);
  if (told === undefined) return dead;
  return told.kind === 'failed' ? { kind: 'dead', reason: 'ambiguous', error: told.error } : told;
}

/** The outcome that the room itself tells, or undefined when the entry is certainly not there. */
async function lookUp(
  deps: AttemptDeps,
  key: LaneKey,
  entry: ClaimedEntry,
  target: Target,
): Promise<Outcome | undefined> {
  // An event that another entry was delivered as must be known as such, or it would be taken for this one.
  await deps.settlements.flush();
  const finding = await deps.sender.lookUp(entry, target, key, deps.signal);
  switch (finding.kind) {
    case 'found':
      return { kind: 'delivered', eventId: finding.eventId };
    case 'absent':
      return undefined;
    case 'undecidable':
      return { kind: 'dead', reason: 'ambiguous', error: finding.error };
    case 'setback':
      return finding.setback;
  }
}

function send(
  deps: AttemptDeps,
  key: LaneKey,
  entry: ClaimedEntry,
  target: Target,
): Promise<Outcome> {
  const startedAt = deps.clock.monotonic();
  deps.leaving();
  return deps.sender.send(entry, target, key, deps.signal).then((outcome) => {
    const durationMs = deps.clock.monotonic() - startedAt;
    deps.events.attempted({ entryId: entry.id, lane: key, outcome, durationMs });
    return outcome;
  });
}

import { pause } from '../../clock.ts';
import { MatrixError, TransportError } from '../../matrix/errors.ts';
import type { RoomId } from '../../matrix/ids.ts';
import type { SynapseUser } from '../../matrix/synapse/users.ts';
import type { PersonWork } from '../person-work.ts';
import type { OffboardingDeps } from './begin-offboarding.ts';
import {
  hasReached,
  mayBeEnding,
  type Offboarding,
  type OffboardingPolicy,
  type OffboardingStage,
  withEvidence,
} from './offboarding.ts';
import { saveOffboarding } from './save-offboarding.ts';

/** How often a running deactivation or redaction is looked at. */
const lookEveryMs = 2_000;
/** A redaction of a thousand messages in many rooms takes minutes; after this long the next round goes on with it. */
const redactionLooksMax = 300;
/** Ten thousand pages are a million uploads. */
const mediaPagesMax = 10_000;

/** The long end of letting somebody go: messages, uploads, deactivation, erasure. */
export class AccountEnding {
  readonly #work: PersonWork;
  readonly #deps: OffboardingDeps;
  readonly #policy: OffboardingPolicy;
  readonly #signal: AbortSignal;
  #offboarding: Offboarding;

  constructor(
    work: PersonWork,
    offboarding: Offboarding,
    { deps, policy }: { readonly deps: OffboardingDeps; readonly policy: OffboardingPolicy },
    signal: AbortSignal,
  ) {
    this.#work = work;
    this.#offboarding = offboarding;
    this.#deps = deps;
    this.#policy = policy;
    this.#signal = signal;
  }

  /** Goes as far as it may now. Each stage is on disk before the next begins. */
  async run(): Promise<void> {
    const { end, erase, graceMs } = this.#policy;
    const { clock } = this.#deps;
    if (!this.#has('removed')) {
      const left = this.#work.findings.join(' ');
      await this.#reach('removed', left === '' ? 'out of the rooms' : `rooms: ${left}`);
    }
    if (!this.#has('redacted')) await this.#redact();
    if (!this.#has('media_deleted')) await this.#deleteMedia();
    if (end === 'lock' || (await this.#isTakenBack())) return;
    const isErasedAtOnce = erase && graceMs === 0;
    if (!this.#has('deactivated')) await this.#deactivate(isErasedAtOnce);
    const endedAt = this.#offboarding.deactivatedAt ?? clock.now();
    const isDue = clock.now() >= endedAt + graceMs;
    if (erase && this.#has('deactivated') && !this.#has('erased') && isDue) await this.#erase();
  }

  #has(stage: OffboardingStage): boolean {
    return hasReached(this.#offboarding, stage);
  }

  async #reach(stage: OffboardingStage, what: string, more: Partial<Offboarding> = {}) {
    const now = this.#deps.clock.now();
    await this.#save(withEvidence(this.#offboarding, now, what, { ...more, stage }), what);
  }

  async #save(offboarding: Offboarding, what?: string): Promise<void> {
    this.#offboarding = offboarding;
    await saveOffboarding(this.#work, offboarding, what, this.#deps);
  }

  async #redact(): Promise<void> {
    const { accounts, clock } = this.#deps;
    if (!this.#policy.redact) return;
    const rooms = this.#offboarding.rooms as RoomId[];
    for (let look = 0; look < redactionLooksMax; look++) {
      const { redactId } = this.#offboarding;
      const state =
        redactId === undefined ? undefined : await accounts.redaction(redactId, this.#signal);
      if (state === undefined) {
        const id = await accounts.redact(this.#work.userId, rooms, this.#signal);
        await this.#save({ ...this.#offboarding, redactId: id });
      } else if (state.status === 'complete' || state.status === 'failed') {
        const what = `redaction ${state.status}, ${state.failed} events left`;
        await this.#reach('redacted', what, { redactId: undefined });
        return;
      }
      await pause(clock, lookEveryMs, this.#signal);
      this.#signal.throwIfAborted();
    }
    throw new Error('The redaction of messages has not ended yet.');
  }

  async #deleteMedia(): Promise<void> {
    if (!this.#policy.deleteMedia) return;
    let count = 0;
    for (let page = 0; page < mediaPagesMax; page++) {
      const deleted = await this.#deps.accounts.deleteMedia(this.#work.userId, this.#signal);
      if (deleted === 0) break;
      count += deleted;
    }
    await this.#reach('media_deleted', `${count} uploads deleted`);
  }

  /** Looked at again before what cannot be undone. */
  async #isTakenBack(): Promise<boolean> {
    const { wish } = this.#work.record;
    const now = await this.#deps.ledger.person(wish.personId);
    return now?.wish.standing !== 'revoked' || now.wish.revokedRevision !== wish.revokedRevision;
  }

  async #deactivate(erase: boolean): Promise<void> {
    const wasEnded = await this.#awaitEarlierAttempt(({ deactivated }) => deactivated);
    if (!wasEnded) await this.#attempt(erase);
    const deactivatedAt = this.#deps.clock.now();
    const isErased = erase && !wasEnded;
    await this.#reach(
      isErased ? 'erased' : 'deactivated',
      isErased ? 'deactivated and erased' : 'deactivated',
      { deactivatedAt, attemptedAt: undefined },
    );
  }

  async #erase(): Promise<void> {
    const isErased = await this.#awaitEarlierAttempt((account) => account.erased);
    if (!isErased) await this.#attempt(true);
    await this.#reach('erased', 'erased', { attemptedAt: undefined });
  }

  /** Whether the account has ended already; never while a deactivation may still be running. */
  async #awaitEarlierAttempt(hasEnded: (account: SynapseUser) => boolean): Promise<boolean> {
    const { accounts, clock } = this.#deps;
    for (;;) {
      const account = await accounts.read(this.#work.userId, this.#signal);
      if (account === undefined || hasEnded(account)) return true;
      if (!mayBeEnding(this.#offboarding, clock.now())) return false;
      await pause(clock, lookEveryMs, this.#signal);
      this.#signal.throwIfAborted();
    }
  }

  async #attempt(erase: boolean): Promise<void> {
    const { accounts, clock } = this.#deps;
    await this.#save({ ...this.#offboarding, attemptedAt: clock.now() });
    try {
      await accounts.deactivate(this.#work.userId, erase, this.#signal);
    } catch (fault) {
      if (hasSurelyEnded(fault)) await this.#save({ ...this.#offboarding, attemptedAt: undefined });
      throw fault;
    }
  }
}

/** A proxy gave up waiting, in whatever form: the homeserver may go on. */
const gatewayStatuses: readonly number[] = [502, 503, 504];

/** Whether no deactivation runs after this: it was never asked for, or the homeserver itself said that it failed. */
function hasSurelyEnded(fault: unknown): boolean {
  if (fault instanceof TransportError) return fault.kind === 'unreachable';
  return fault instanceof MatrixError && fault.json && !gatewayStatuses.includes(fault.status);
}

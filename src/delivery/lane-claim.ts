import type { Clock } from '../clock.ts';
import type {
  ClaimedEntry,
  CoveredEntry,
  DeliveryQueue,
  LaneId,
  Target,
  Work,
} from '../outbox/outbox.ts';

/** Entries fetched at once; the next are fetched while the last few go out, so that a lane never starves. */
const prefetchMax = 16;
const lowWater = 8;

export interface LaneClaimDeps {
  readonly queue: Pick<DeliveryQueue, 'claim'>;
  readonly clock: Clock;
}

/** What one run of a lane has claimed: the entries at hand, how far the claim reaches, and what is on its way. */
export class LaneClaim {
  readonly #deps: LaneClaimDeps;
  readonly #lane: LaneId;
  readonly #atHand: ClaimedEntry[] = [];
  #isMade = false;
  /** The last entry it covers; 0: it covers none. */
  #reach = 0;
  #arriving: Promise<void> | undefined;
  #mayHaveMore = true;
  #isOver = false;

  constructor(deps: LaneClaimDeps, lane: LaneId) {
    this.#deps = deps;
    this.#lane = lane;
  }

  /** Whether the lane's claim is this one, not one that an earlier run could not let go. */
  get isMade(): boolean {
    return this.#isMade;
  }

  /** The entry whose turn it is, if it is at hand. */
  get next(): ClaimedEntry | undefined {
    return this.#atHand[0];
  }

  /** Settles when what is on its way arrived. */
  get arriving(): Promise<void> | undefined {
    return this.#arriving;
  }

  /** That entry came to its end. */
  drop(): void {
    this.#atHand.shift();
  }

  /** Has the next entries fetched for `target` when few are at hand and there may be more. */
  fetchAhead(target: Target): void {
    if (this.#atHand.length > lowWater || !this.#mayHaveMore || this.#arriving !== undefined)
      return;
    this.#arriving = this.#extend(target);
    // Whoever waits for it sees it fail; nobody may.
    this.#arriving.catch(() => undefined);
  }

  /** There is something to be claimed. */
  expectMore(): void {
    this.#mayHaveMore = true;
  }

  /** Takes what it covers, if that comes next in the lane; false: something is to be claimed. */
  take({ covered, more }: Work): boolean {
    // What a claim under way hands out may be the same.
    if (this.#arriving !== undefined) return false;
    const isOpen = this.#reach > 0 && !this.#isOver;
    const isAll = isOpen && covered.every((each) => this.#takeOne(each)) && !more;
    if (!isAll) this.#mayHaveMore = true;
    return isAll;
  }

  /** Ends it if nothing is at hand; then it takes no more. */
  endIfEmpty(): boolean {
    this.#isOver = this.#atHand.length === 0;
    return this.#isOver;
  }

  #takeOne({ entry, after }: CoveredEntry): boolean {
    if (entry.seq <= this.#reach) return true;
    if (after > this.#reach || this.#atHand.length >= prefetchMax) return false;
    this.#atHand.push(entry);
    this.#reach = entry.seq;
    return true;
  }

  async #extend(target: Target): Promise<void> {
    const { queue, clock } = this.#deps;
    const now = clock.now();
    try {
      const claimed = await queue.claim(this.#lane, this.#reach, target, prefetchMax, now);
      this.#isMade = true;
      this.#mayHaveMore = claimed.length === prefetchMax;
      this.#reach = claimed.at(-1)?.seq ?? this.#reach;
      this.#atHand.push(...claimed);
    } finally {
      this.#arriving = undefined;
    }
  }
}

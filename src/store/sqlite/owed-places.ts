import { stateCodes } from './state-codes.ts';
import type { Statements } from './statements.ts';

/** Ended places in front of a lane's list are let go by so many at once, as moving the rest costs more than they do. */
const gapMax = 1_024;
/** Places read at once: a backlog of millions is never in memory as rows. */
const pageRows = 4_096;
const selectOwed = `select seq, lane_id from entry indexed by entry_owed
  where state < ${stateCodes.delivered} and seq > ? order by seq limit ${pageRows}`;

interface Places {
  /** Ascending. */
  readonly seqs: number[];
  /** Where the first that is owed stands. */
  head: number;
}

/**
 * The places of what is owed, lane by lane. They are kept in memory: an index by lane has a page for each lane, and with
 * many lanes these would be most of what a transaction writes. Read when first asked for; what this connection writes is
 * told, and what others wrote is read when somebody asks. A place may be here that is owed no more: who reads the entry
 * sees. Each takes eight bytes.
 */
export class OwedPlaces {
  readonly #statements: Statements;
  readonly #lanes = new Map<number, Places>();
  /** No place up to here is missing; undefined: nothing is known. */
  #knownTo: number | undefined;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The lanes that have any. */
  lanes(): number[] {
    this.#catchUp();
    return [...this.#lanes.keys()];
  }

  /** At most `limit` places of a lane, the first ones after `afterSeq`. */
  after(laneId: number, afterSeq: number, limit: number): readonly number[] {
    this.#catchUp();
    const places = this.#lanes.get(laneId);
    if (places === undefined) return [];
    const from = indexAfter(places, afterSeq);
    return places.seqs.slice(from, from + limit);
  }

  /** How many a lane owes, as far as that is known without looking. */
  count(laneId: number): number {
    const places = this.#lanes.get(laneId);
    return places === undefined ? 0 : places.seqs.length - places.head;
  }

  /** The place of the lane's last owed entry before one that was told just now; 0: there is none. */
  before(laneId: number, seq: number): number {
    const places = this.#lanes.get(laneId);
    if (places === undefined) return 0;
    const at = indexAfter(places, seq - 1) - 1;
    return at < places.head ? 0 : (places.seqs[at] ?? 0);
  }

  /** An entry was written. */
  add(laneId: number, seq: number): void {
    if (this.#knownTo === undefined || seq <= this.#knownTo) return;
    if (seq > this.#knownTo + 1) {
      this.#catchUp();
      return;
    }
    this.#append(laneId, seq);
    this.#knownTo = seq;
  }

  /** An entry is owed no more. */
  remove(laneId: number, seq: number): void {
    const places = this.#lanes.get(laneId);
    if (places === undefined) return;
    const at = indexAfter(places, seq - 1);
    if (places.seqs[at] !== seq) return;
    if (at === places.head) places.head++;
    else places.seqs.splice(at, 1);
    if (places.head === places.seqs.length) {
      this.#lanes.delete(laneId);
    } else if (places.head > gapMax && places.head * 2 > places.seqs.length) {
      places.seqs.splice(0, places.head);
      places.head = 0;
    }
  }

  /** Drops everything: what was told may be rolled back. */
  forget(): void {
    this.#lanes.clear();
    this.#knownTo = undefined;
  }

  #catchUp(): void {
    for (;;) {
      const rows = this.#statements.lists<[seq: number, laneId: number]>(
        selectOwed,
        this.#knownTo ?? 0,
      );
      for (const [seq, laneId] of rows) this.#append(laneId, seq);
      this.#knownTo = rows.at(-1)?.[0] ?? this.#knownTo ?? 0;
      if (rows.length < pageRows) return;
    }
  }

  #append(laneId: number, seq: number): void {
    const places = this.#lanes.get(laneId);
    if (places === undefined) this.#lanes.set(laneId, { seqs: [seq], head: 0 });
    else places.seqs.push(seq);
  }
}

/** The index of the first place after this one. */
function indexAfter({ seqs, head }: Places, seq: number): number {
  let low = head;
  let high = seqs.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((seqs[middle] ?? 0) > seq) high = middle;
    else low = middle + 1;
  }
  return low;
}

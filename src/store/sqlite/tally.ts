import { isOwed, stateCodes } from './state-codes.ts';
import type { Statements } from './statements.ts';

/** Room for the seven states in one number per source and state: its slot. */
const statesMax = 8;

const slotOf = (sourceId: number, state: number): number => sourceId * statesMax + state;
const sourceIn = (slot: number): number => Math.floor(slot / statesMax);
const stateIn = (slot: number): number => slot % statesMax;

const selectPending = `select source_id id, sum(count) count from tally
  where state < ${stateCodes.delivered} group by source_id`;

/** How many entries each source has in each state: counted as they change, written once per transaction. */
export class Tally {
  readonly #statements: Statements;
  readonly #changes = new Map<number, number>();
  #pending: Map<number, number> | undefined;
  #pendingTotal = 0;

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  add(sourceId: number, state: number, count: number): void {
    const slot = slotOf(sourceId, state);
    this.#changes.set(slot, (this.#changes.get(slot) ?? 0) + count);
    if (this.#pending === undefined || !isOwed(state)) return;
    this.#pending.set(sourceId, (this.#pending.get(sourceId) ?? 0) + count);
    this.#pendingTotal += count;
  }

  move(sourceId: number, from: number, to: number): void {
    this.add(sourceId, from, -1);
    this.add(sourceId, to, 1);
  }

  /** How many entries are owed, this transaction's included: of one source, and of all. */
  pending(sourceId: number | undefined): { readonly ofSource: number; readonly total: number } {
    const pending = this.#pending ?? this.#readPending();
    const ofSource = sourceId === undefined ? 0 : (pending.get(sourceId) ?? 0);
    return { ofSource, total: this.#pendingTotal };
  }

  /** Writes the changes into the open transaction. */
  write(): void {
    for (const [slot, count] of this.#changes) {
      if (count === 0) continue;
      this.#statements.run(
        `insert into tally values (?, ?, ?)
         on conflict do update set count = count + excluded.count`,
        sourceIn(slot),
        stateIn(slot),
        count,
      );
    }
    this.forget();
  }

  /** Drops what belongs to the transaction. */
  forget(): void {
    this.#changes.clear();
    this.#pending = undefined;
  }

  #readPending(): Map<number, number> {
    const pending = new Map<number, number>();
    let total = 0;
    const rows = this.#statements.all<{ id: number; count: number }>(selectPending);
    for (const { id, count } of rows) {
      pending.set(id, count);
      total += count;
    }
    for (const [slot, count] of this.#changes) {
      if (!isOwed(stateIn(slot))) continue;
      const id = sourceIn(slot);
      pending.set(id, (pending.get(id) ?? 0) + count);
      total += count;
    }
    this.#pending = pending;
    this.#pendingTotal = total;
    return pending;
  }
}

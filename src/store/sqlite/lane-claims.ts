import type { Target } from '../../outbox/outbox.ts';
import type { Statements } from './statements.ts';

/** How far a lane is claimed: its entries up to this place may be under way. */
export interface LaneClaim {
  readonly to: number;
  /** Wall-clock milliseconds. */
  readonly since: number;
  readonly target: Target;
}

type ClaimRow = readonly [to: number, since: number, roomId: string, deviceId: string];

const off =
  'claimed_to = null, claimed_at = null, claimed_room_id = null, claimed_device_id = null';

/**
 * The lanes' claims, in the rows of the lanes. What the owner of the data directory wrote or read is remembered as well,
 * as nobody else writes any; of what is not remembered nothing is known.
 */
export class LaneClaims {
  readonly #statements: Statements;
  readonly #known = new Map<number, LaneClaim>();
  /** Lanes of which all is claimed: what comes next may extend the claim. */
  readonly #open = new Set<number>();
  /** Lanes whose claim was extended in this transaction, and not written yet. */
  readonly #extended = new Set<number>();

  constructor(statements: Statements) {
    this.#statements = statements;
  }

  /** The lane's claim; undefined: it is let go. */
  of(laneId: number): LaneClaim | undefined {
    const known = this.#known.get(laneId);
    if (known !== undefined) return known;
    const row = this.#statements.list<ClaimRow>(
      `select claimed_to, claimed_at, claimed_room_id, claimed_device_id from lane
       where lane_id = ? and claimed_to is not null`,
      laneId,
    );
    if (row === undefined) return undefined;
    const claim = claimOf(row);
    this.#known.set(laneId, claim);
    return claim;
  }

  /** All claims, by lane. */
  all(): (readonly [laneId: number, claim: LaneClaim])[] {
    const rows = this.#statements.lists<[laneId: number, ...row: ClaimRow]>(
      `select lane_id, claimed_to, claimed_at, claimed_room_id, claimed_device_id from lane
       where claimed_to is not null`,
    );
    return rows.map(([laneId, ...row]) => [laneId, claimOf(row)] as const);
  }

  /** Writes a lane's claim down; it waits for nothing any more. */
  write(laneId: number, claim: LaneClaim): void {
    const { to, since, target } = claim;
    this.#statements.run(
      `update lane set claimed_to = ?, claimed_at = ?, claimed_room_id = ?, claimed_device_id = ?, waits = null
       where lane_id = ?`,
      to,
      since,
      target.roomId,
      target.deviceId,
      laneId,
    );
    this.#known.set(laneId, claim);
  }

  /** Lets the lane's claim be extended, or no longer. */
  setOpen(laneId: number, isOpen: boolean): void {
    if (isOpen) this.#open.add(laneId);
    else this.#open.delete(laneId);
  }

  /** How far a claim reaches that may be extended; undefined: there is none. */
  openTo(laneId: number): number | undefined {
    return this.#open.has(laneId) ? this.#known.get(laneId)?.to : undefined;
  }

  /** Extends an open claim; it is written with all others of this transaction. */
  extend(laneId: number, to: number): void {
    const known = this.#known.get(laneId);
    if (known === undefined) return;
    this.#known.set(laneId, { ...known, to });
    this.#extended.add(laneId);
  }

  /** Writes what was extended. */
  writeExtended(): void {
    for (const laneId of this.#extended) {
      const to = this.#known.get(laneId)?.to;
      if (to !== undefined) {
        this.#statements.run('update lane set claimed_to = ? where lane_id = ?', to, laneId);
      }
    }
    this.#extended.clear();
  }

  /** Ends a lane's claim. */
  end(laneId: number): void {
    this.#drop(laneId);
    this.#statements.run(
      `update lane set ${off} where lane_id = ? and claimed_to is not null`,
      laneId,
    );
  }

  /** Ends a lane's claim, and notes for people what it waits for. */
  release(laneId: number, waits: string | undefined): void {
    this.#drop(laneId);
    this.#statements.run(
      `update lane set waits = ?1, ${off} where lane_id = ?2 and (claimed_to is not null or waits is not ?1)`,
      waits ?? null,
      laneId,
    );
  }

  /** Drops what is remembered: it may be rolled back. */
  forget(): void {
    this.#known.clear();
    this.#open.clear();
    this.#extended.clear();
  }

  #drop(laneId: number): void {
    this.#known.delete(laneId);
    this.#open.delete(laneId);
    this.#extended.delete(laneId);
  }
}

function claimOf([to, since, roomId, deviceId]: ClaimRow): LaneClaim {
  return { to, since, target: { roomId, deviceId } };
}

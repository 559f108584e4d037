import type { Clock } from '../clock.ts';
import { isRoomAlias, parseRoomReference, type RoomId } from '../matrix/ids.ts';
import { resolveAlias } from '../matrix/rooms.ts';
import type { Session } from '../matrix/session.ts';
import type { LaneKey } from '../outbox/entry.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import type { RoomMemory, RoomRecord } from './room-memory.ts';
import { findReplacement } from './room-upgrade.ts';

/** An alias may be moved to another room at any time; it is asked again after this long, in milliseconds. */
const aliasTtlMs = 60 * 60_000;
/** A dead room may still take events, so its tombstone is looked for this often, in milliseconds. */
const tombstoneTtlMs = 5 * 60_000;

export interface RoomGuideDeps {
  readonly memory: RoomMemory;
  readonly clock: Clock;
  readonly events: Pick<DeliveryEvents, 'roomUpgraded'>;
}

/** An alias leads nowhere, and never did. */
export class RoomNotFound extends Error {
  override readonly name = 'RoomNotFound';
}

const recordKey = (account: string, room: string): string => `${account}\u0000${room}`;

/** Knows where a configured room leads: through aliases, upgrades and what the data directory remembers. */
export class RoomGuide {
  readonly #deps: RoomGuideDeps;
  readonly #records = new Map<string, RoomRecord>();
  /** Monotonic time of the last look for a tombstone, and of the last answer for an alias. */
  readonly #lookedAt = new Map<string, number>();
  readonly #resolvedAt = new Map<string, number>();
  #loaded: Promise<void> | undefined;

  constructor(deps: RoomGuideDeps) {
    this.#deps = deps;
  }

  /** What is known of all rooms; for directories and for doctor. */
  async records(): Promise<RoomRecord[]> {
    await this.#load();
    return [...this.#records.values()];
  }

  /**
   * The room that `key` leads to now.
   *
   * @param afresh - forget what is cached: the room was just refused
   * @throws MatrixError, TransportError when it cannot be found out
   */
  async locate(
    key: LaneKey,
    session: Session,
    afresh: boolean,
    signal: AbortSignal,
  ): Promise<RoomRecord> {
    await this.#load();
    const id = recordKey(key.account, key.room);
    const now = this.#deps.clock.monotonic();
    let record = await this.#resolve(key, session, afresh, signal);
    const lookedAt = this.#lookedAt.get(id);
    if (afresh || lookedAt === undefined || now - lookedAt >= tombstoneTtlMs) {
      record = await this.#followUpgrades(key, record, session, signal);
      this.#lookedAt.set(id, now);
    }
    return record;
  }

  /** The room is encrypted, and stays so. */
  async markEncrypted(record: RoomRecord): Promise<void> {
    await this.#remember({ ...record, encrypted: true });
  }

  /** Everything is asked again at the next attempt. */
  forgetTimes(): void {
    this.#lookedAt.clear();
    this.#resolvedAt.clear();
  }

  #load(): Promise<void> {
    this.#loaded ??= this.#deps.memory.rooms().then((records) => {
      for (const record of records) {
        this.#records.set(recordKey(record.account, record.room), record);
      }
    });
    return this.#loaded;
  }

  async #resolve(
    key: LaneKey,
    session: Session,
    afresh: boolean,
    signal: AbortSignal,
  ): Promise<RoomRecord> {
    const now = this.#deps.clock.monotonic();
    const id = recordKey(key.account, key.room);
    const known = this.#records.get(id);
    const reference = parseRoomReference(key.room);
    if (reference === undefined) throw new Error('a room is neither a room id nor an alias');
    if (!isRoomAlias(reference)) return known ?? (await this.#newRecord(key, reference));
    const resolvedAt = this.#resolvedAt.get(id);
    const isFresh = !afresh && resolvedAt !== undefined && now - resolvedAt < aliasTtlMs;
    if (known !== undefined && isFresh) return known;
    const resolved = await resolveAlias(session.homeserver, reference, signal);
    this.#resolvedAt.set(id, now);
    if (resolved !== undefined) return await this.#pointTo(key, known, resolved.roomId);
    // An alias that vanished does not take the room with it.
    if (known !== undefined) return known;
    throw new RoomNotFound(`there is no room ${reference}`);
  }

  /** An alias that still names a room we were led on from is behind, not a way back. */
  async #pointTo(key: LaneKey, known: RoomRecord | undefined, roomId: RoomId): Promise<RoomRecord> {
    if (known === undefined) return await this.#newRecord(key, roomId);
    if (known.roomId === roomId || known.predecessors.includes(roomId)) return known;
    return await this.#remember({
      ...known,
      roomId,
      encrypted: false,
      resolvedAt: this.#deps.clock.now(),
      predecessors: [...known.predecessors, known.roomId],
    });
  }

  async #newRecord(key: LaneKey, roomId: RoomId): Promise<RoomRecord> {
    const resolvedAt = this.#deps.clock.now();
    return await this.#remember({
      account: key.account,
      room: key.room,
      roomId,
      resolvedAt,
      encrypted: false,
      predecessors: [],
    });
  }

  async #remember(record: RoomRecord): Promise<RoomRecord> {
    await this.#deps.memory.remember(record);
    this.#records.set(recordKey(record.account, record.room), record);
    return record;
  }

  async #followUpgrades(
    key: LaneKey,
    start: RoomRecord,
    session: Session,
    signal: AbortSignal,
  ): Promise<RoomRecord> {
    let record = start;
    const seen = new Set(record.predecessors);
    for (;;) {
      seen.add(record.roomId);
      const replacement = await findReplacement(session, record, seen, signal);
      if (replacement.kind === 'none') return record;
      const upgrade = { lane: key, from: record.roomId, to: replacement.roomId };
      if (replacement.kind === 'refused') {
        this.#deps.events.roomUpgraded({ ...upgrade, refused: replacement.why });
        return record;
      }
      this.#deps.events.roomUpgraded({ ...upgrade, refused: undefined });
      record = await this.#remember({
        ...record,
        roomId: replacement.roomId,
        encrypted: replacement.encrypted,
        resolvedAt: this.#deps.clock.now(),
        predecessors: [...record.predecessors, record.roomId],
      });
    }
  }
}

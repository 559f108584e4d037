import type { Clock } from '../clock.ts';
import { MatrixError } from '../matrix/errors.ts';
import { isRoomAlias, parseRoomReference, type RoomAlias, type RoomId } from '../matrix/ids.ts';
import { type ResolvedAlias, resolveAlias } from '../matrix/rooms.ts';
import type { Session } from '../matrix/session.ts';
import type { LaneKey } from '../outbox/entry.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import type { RoomMemory, RoomRecord } from './room-memory.ts';
import { RoomRecords } from './room-records.ts';
import { findReplacement } from './room-upgrade.ts';

/** An alias may be moved to another room at any time; it is asked again after this long, in milliseconds. */
const aliasTtlMs = 60 * 60_000;
/** A dead room may still take events, so its tombstone is looked for this often, in milliseconds. */
const tombstoneTtlMs = 5 * 60_000;
/** Upgrades followed in a row; more are an attack. */
const upgradesMax = 20;

export interface RoomGuideDeps {
  readonly memory: RoomMemory;
  readonly clock: Clock;
  readonly events: Pick<DeliveryEvents, 'roomUpgraded'>;
}

/** An alias leads nowhere, and never did. */
export class RoomNotFound extends Error {
  override readonly name = 'RoomNotFound';
}

/** What was asked about a configured room, and when, on the monotonic clock. */
interface Asked {
  /** The last look for a tombstone. */
  lookedAt?: number | undefined;
  /** The last answer for an alias. */
  resolvedAt?: number | undefined;
  /** Servers through which the room can be joined. */
  servers?: readonly string[] | undefined;
  /** The upgrade that was last refused, so that it is reported once. */
  refused?: string | undefined;
}

/** What a sync says of a room. */
export interface RoomNotice {
  readonly roomId: string;
  readonly encrypted: boolean;
  readonly replaced: boolean;
}

/** Knows where a configured room leads: through aliases, upgrades and what the data directory remembers. */
export class RoomGuide {
  readonly #deps: RoomGuideDeps;
  readonly #records: RoomRecords;
  readonly #asked = new Map<string, Asked>();

  constructor(deps: RoomGuideDeps) {
    this.#deps = deps;
    this.#records = new RoomRecords(deps.memory);
  }

  /** What is known of all rooms; for directories and for doctor. */
  async records(): Promise<RoomRecord[]> {
    return await this.#records.all();
  }

  /**
   * The room that `key` leads to now.
   *
   * @param afresh - forget what is cached: the room was just refused
   * @throws MatrixError, TransportError, RoomNotFound when it cannot be found out
   */
  async locate(
    key: LaneKey,
    session: Session,
    afresh: boolean,
    signal: AbortSignal,
  ): Promise<RoomRecord> {
    await this.#records.load();
    const asked = this.#askedOf(key);
    const now = this.#deps.clock.monotonic();
    const record = await this.#resolve(key, session, afresh, signal);
    const { lookedAt } = asked;
    if (!afresh && lookedAt !== undefined && now - lookedAt < tombstoneTtlMs) return record;
    const replacement = await this.#followUpgrades(key, record, session, signal);
    asked.lookedAt = now;
    return replacement;
  }

  /**
   * Finds out where `key` leads, for those who name its room by the id; upgrades are followed when it is spoken in.
   *
   * @throws MatrixError, TransportError, RoomNotFound
   */
  async find(key: LaneKey, session: Session, signal: AbortSignal): Promise<void> {
    await this.#records.load();
    await this.#resolve(key, session, false, signal);
  }

  /** Whether the room was ever seen encrypted; then it is, whatever the homeserver says now. */
  isEncrypted(roomId: RoomId): boolean {
    return this.#records.isEncrypted(roomId);
  }

  /** The room that `key` leads to is encrypted, and stays so. */
  async markEncrypted(key: LaneKey, roomId: RoomId): Promise<void> {
    const record = this.#records.get(key);
    if (record?.roomId === roomId) await this.#records.remember({ ...record, encrypted: true });
  }

  /** What a sync says: a room became encrypted, and stays so, or was replaced, which is looked at before the next message. */
  async notice(account: string, news: readonly RoomNotice[]): Promise<void> {
    for (const record of await this.#records.all()) {
      const notice = news.find(({ roomId }) => roomId === record.roomId);
      if (notice === undefined || record.account !== account) continue;
      if (notice.replaced) this.#askedOf(record).lookedAt = undefined;
      if (!notice.encrypted || record.encrypted) continue;
      await this.#records.remember({ ...record, encrypted: true });
    }
  }

  /** Servers through which the room can be joined, as its alias names them. */
  via(key: LaneKey): readonly string[] {
    return this.#askedOf(key).servers ?? [];
  }

  /** Everything is asked again at the next attempt. */
  forgetTimes(): void {
    for (const asked of this.#asked.values()) {
      asked.lookedAt = undefined;
      asked.resolvedAt = undefined;
    }
  }

  #askedOf(key: LaneKey): Asked {
    const id = `${key.account} ${key.room}`;
    const asked = this.#asked.get(id) ?? {};
    this.#asked.set(id, asked);
    return asked;
  }

  async #resolve(
    key: LaneKey,
    session: Session,
    afresh: boolean,
    signal: AbortSignal,
  ): Promise<RoomRecord> {
    const known = this.#records.get(key);
    const reference = parseRoomReference(key.room);
    if (reference === undefined) throw new Error('a room is neither a room id nor an alias');
    if (!isRoomAlias(reference)) return known ?? (await this.#pointTo(key, undefined, reference));
    const asked = this.#askedOf(key);
    const now = this.#deps.clock.monotonic();
    const { resolvedAt } = asked;
    const isFresh = !afresh && resolvedAt !== undefined && now - resolvedAt < aliasTtlMs;
    if (known !== undefined && isFresh) return known;
    const resolved = await this.#ask(reference, known, session, signal);
    asked.resolvedAt = now;
    if (resolved !== undefined) {
      asked.servers = resolved.servers;
      return await this.#pointTo(key, known, resolved.roomId);
    }
    // An alias that vanished does not take the room with it.
    if (known !== undefined) return known;
    throw new RoomNotFound(`there is no room ${reference}`);
  }

  /** Undefined: no such alias, or nobody who knows it can be asked while the room itself is known. */
  async #ask(
    alias: RoomAlias,
    known: RoomRecord | undefined,
    session: Session,
    signal: AbortSignal,
  ): Promise<ResolvedAlias | undefined> {
    try {
      return await resolveAlias(session.homeserver, alias, signal);
    } catch (error) {
      const isLimit = error instanceof MatrixError && error.status === 429;
      if (known === undefined || isLimit || !(error instanceof MatrixError)) throw error;
      return undefined;
    }
  }

  /** An alias that still names a room we were led on from by an upgrade is behind, not a way back. */
  async #pointTo(key: LaneKey, known: RoomRecord | undefined, roomId: RoomId): Promise<RoomRecord> {
    if (known?.roomId === roomId || known?.predecessors.includes(roomId) === true) return known;
    return await this.#records.remember({
      account: key.account,
      room: key.room,
      roomId,
      resolvedAt: this.#deps.clock.now(),
      // Whoever may move an alias must not be able to make what was said encrypted be said in clear.
      encrypted: known?.encrypted ?? false,
      predecessors: [],
    });
  }

  async #followUpgrades(
    key: LaneKey,
    start: RoomRecord,
    session: Session,
    signal: AbortSignal,
  ): Promise<RoomRecord> {
    let record = start;
    const seen = new Set(record.predecessors);
    for (let upgrades = 0; upgrades < upgradesMax; upgrades++) {
      seen.add(record.roomId);
      const replacement = await findReplacement(session, record, seen, signal);
      if (replacement.kind === 'none') return record;
      const upgrade = { lane: key, from: record.roomId, to: replacement.roomId };
      if (replacement.kind === 'refused') {
        this.#report(upgrade, replacement.why);
        return record;
      }
      record = await this.#records.remember({
        ...record,
        roomId: replacement.roomId,
        encrypted: replacement.encrypted,
        resolvedAt: this.#deps.clock.now(),
        predecessors: [...record.predecessors, record.roomId],
      });
      this.#report(upgrade, undefined);
    }
    return record;
  }

  /** A refusal is found again at every look, and told once. */
  #report(upgrade: { lane: LaneKey; from: string; to: string }, refused: string | undefined): void {
    const asked = this.#askedOf(upgrade.lane);
    const refusal = refused === undefined ? undefined : `${upgrade.from} ${upgrade.to} ${refused}`;
    if (refusal !== undefined && refusal === asked.refused) return;
    asked.refused = refusal;
    this.#deps.events.roomUpgraded({ ...upgrade, refused });
  }
}

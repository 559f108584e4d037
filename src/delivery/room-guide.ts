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

/** When a configured room was last asked about, on the monotonic clock. */
interface Times {
  /** The last look for a tombstone. */
  lookedAt?: number | undefined;
  /** The last question for an alias that was answered. */
  resolvedAt?: number | undefined;
}

/** What was asked about a configured room. */
interface Asked {
  /** Replaced to forget them, so that what is under way at that moment notes its time in vain. */
  times: Times;
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
    await this.#records.storeMarks();
    const asked = this.#askedOf(key);
    const now = this.#deps.clock.monotonic();
    const record = await this.#resolve(key, session, afresh, signal);
    const { times } = asked;
    const { lookedAt } = times;
    if (!afresh && lookedAt !== undefined && now - lookedAt < tombstoneTtlMs) return record;
    const replacement = await this.#followUpgrades(key, record, session, signal);
    times.lookedAt = now;
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

  /** The room is encrypted, and stays so, wherever the lane leads that asked. */
  async markEncrypted(roomId: RoomId): Promise<void> {
    await this.#records.markEncrypted([roomId]);
  }

  /** What a sync says: a room became encrypted, and stays so, or was replaced, which is looked at before the next message. */
  async notice(account: string, news: readonly RoomNotice[]): Promise<void> {
    const notices = new Map(news.map((notice) => [notice.roomId, notice]));
    const marks: string[] = [];
    for (const record of await this.#records.all()) {
      const { roomId } = record;
      const notice = notices.get(roomId);
      if (notice === undefined || record.account !== account) continue;
      if (notice.replaced) this.#forgetLook(this.#askedOf(record));
      if (!notice.encrypted || this.#records.isEncrypted(roomId)) continue;
      marks.push(roomId);
    }
    await this.#records.markEncrypted(marks);
  }

  /** Servers through which the room can be joined, as its alias names them. */
  via(key: LaneKey): readonly string[] {
    return this.#askedOf(key).servers ?? [];
  }

  /** Everything is asked again at the next attempt. */
  forgetTimes(): void {
    for (const asked of this.#asked.values()) asked.times = {};
  }

  #forgetLook(asked: Asked): void {
    asked.times = { resolvedAt: asked.times.resolvedAt };
  }

  #askedOf(key: LaneKey): Asked {
    const id = `${key.account} ${key.room}`;
    const asked = this.#asked.get(id) ?? { times: {} };
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
    if (!isRoomAlias(reference)) return known ?? (await this.#pointTo(key, reference, false));
    const asked = this.#askedOf(key);
    const { times } = asked;
    const now = this.#deps.clock.monotonic();
    const { resolvedAt } = times;
    const isFresh = !afresh && resolvedAt !== undefined && now - resolvedAt < aliasTtlMs;
    if (known !== undefined && isFresh) return known;
    const resolved = await this.#ask(reference, known, session, signal);
    // Whoever asked later and was answered sooner knows better.
    const isOutdated = (asked.times.resolvedAt ?? now) > now;
    if (!isOutdated) times.resolvedAt = now;
    if (resolved === undefined) {
      // An alias that vanished does not take the room with it, and one that was made meanwhile is there.
      const left = await this.#records.latest(key);
      if (left !== undefined) return left;
      throw new RoomNotFound(`there is no room ${reference}`);
    }
    if (!isOutdated) asked.servers = resolved.servers;
    return await this.#pointTo(key, resolved.roomId, isOutdated);
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

  /**
   * An alias that still names a room we were led on from by an upgrade is behind, not a way back.
   *
   * @param isOutdated - a later question was answered before: this one counts only if that led to no record
   */
  async #pointTo(key: LaneKey, roomId: RoomId, isOutdated: boolean): Promise<RoomRecord> {
    return await this.#records.change(key, (known) => {
      if (isOutdated && known !== undefined) return known;
      if (known?.roomId === roomId || known?.predecessors.includes(roomId) === true) return known;
      return {
        account: key.account,
        room: key.room,
        roomId,
        resolvedAt: this.#deps.clock.now(),
        // Whoever may move an alias must not be able to make what was said encrypted be said in clear.
        encrypted: known?.encrypted ?? false,
        predecessors: [],
      };
    });
  }

  async #followUpgrades(
    key: LaneKey,
    start: RoomRecord,
    session: Session,
    signal: AbortSignal,
  ): Promise<RoomRecord> {
    let record = start;
    for (let looks = 0; looks < upgradesMax; looks++) {
      const looked = record;
      const replacement = await findReplacement(session, looked, signal);
      record = await this.#records.change(key, (now = looked) => {
        const isAsLooked = now.roomId === looked.roomId && now.encrypted === looked.encrypted;
        if (replacement.kind !== 'follow' || !isAsLooked) return now;
        return {
          ...now,
          roomId: replacement.roomId,
          encrypted: replacement.encrypted,
          resolvedAt: this.#deps.clock.now(),
          predecessors: [...now.predecessors, now.roomId],
        };
      });
      if (replacement.kind === 'refused') {
        this.#report({ lane: key, from: looked.roomId, to: replacement.roomId }, replacement.why);
      } else if (replacement.kind === 'follow' && record.roomId === replacement.roomId) {
        this.#report({ lane: key, from: looked.roomId, to: replacement.roomId }, undefined);
      }
      const { roomId, encrypted } = record;
      if (roomId === looked.roomId && encrypted === looked.encrypted) return record;
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

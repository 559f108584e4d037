import type { Clock } from '../clock.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import { roomState } from '../matrix/state.ts';
import { deadlineMsDefault } from '../matrix/transport.ts';

/** For how long the homeserver's word that a room is not encrypted holds, in milliseconds: the documented window. */
const clearWindowMs = 60_000;
/** A request may wait for a connection as long as its deadline; begun before this, it has left within the window. */
const beginWithinMs: number = clearWindowMs - deadlineMsDefault;
/** Rooms of an account remembered as clear at once; beyond it those whose window is over are forgotten. */
const roomsMax = 10_000;

/** What the homeserver said of a room, as one account sees it. */
interface Word {
  /** Until when a request that relies on it may begin, on the monotonic clock; 0: there is nothing to rely on. */
  until: number;
  /** Questions under way. */
  asking: number;
}

/**
 * Asks whether a room is encrypted (`m.room.encryption`, Client-Server API §10.12.1). Only the exact answer 404
 * `M_NOT_FOUND` means that it is not; whatever else is not understood keeps the message back.
 */
export class EncryptionProbe {
  readonly #clock: Clock;
  /** For each account by itself: one that is outside of a room is told how it was on the day it left. */
  readonly #words = new Map<string, Map<RoomId, Word>>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether what leaves now leaves within the window in which the room was said to be clear. */
  isClear(account: string, roomId: RoomId): boolean {
    const word = this.#words.get(account)?.get(roomId);
    return word !== undefined && this.#clock.monotonic() < word.until;
  }

  /** What was said, or is about to be, does not count, as the account's view of the room may have been an old one. */
  forget(account: string, roomId: RoomId): void {
    this.#words.get(account)?.delete(roomId);
  }

  /**
   * Whether the homeserver says that the room is encrypted. If it says that it is not, `isClear` tells for how long.
   *
   * @throws MatrixError, TransportError when the homeserver says neither.
   */
  async ask(
    account: string,
    session: Session,
    roomId: RoomId,
    signal: AbortSignal,
  ): Promise<boolean> {
    const askedAt = this.#clock.monotonic();
    const words = this.#wordsOf(account, askedAt);
    const word = words.get(roomId) ?? { until: 0, asking: 0 };
    words.set(roomId, word);
    word.until = 0;
    word.asking++;
    try {
      const encryption = await roomState(session, roomId, 'm.room.encryption', '', signal);
      if (encryption !== undefined) return true;
      // Of no use if it was forgotten meanwhile: nobody finds it.
      word.until = Math.max(word.until, askedAt + beginWithinMs);
      return false;
    } finally {
      word.asking--;
    }
  }

  #wordsOf(account: string, now: number): Map<RoomId, Word> {
    const words = this.#words.get(account) ?? new Map<RoomId, Word>();
    this.#words.set(account, words);
    if (words.size < roomsMax) return words;
    for (const [roomId, { until, asking }] of words) {
      if (until <= now && asking === 0) words.delete(roomId);
    }
    return words;
  }
}

import type { Clock } from '../clock.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import { roomState } from '../matrix/state.ts';
import { deadlineMsDefault } from '../matrix/transport.ts';

/** For how long the homeserver's word that a room is not encrypted holds, in milliseconds: the documented window. */
const clearWindowMs = 60_000;
/** A request may wait for a connection as long as its deadline; begun before this, it has left within the window. */
const beginWithinMs: number = clearWindowMs - deadlineMsDefault;
/** Rooms remembered as clear at once; beyond it those whose window is over are forgotten. */
const roomsMax = 10_000;

/**
 * Asks whether a room is encrypted (`m.room.encryption`, Client-Server API §10.12.1). Only the exact answer 404
 * `M_NOT_FOUND` means that it is not; whatever else is not understood keeps the message back.
 */
export class EncryptionProbe {
  readonly #clock: Clock;
  /** Until when a request that relies on the answer may begin, on the monotonic clock. */
  readonly #clearUntil = new Map<RoomId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether what leaves now leaves within the window in which the room was said to be clear. */
  isClear(roomId: RoomId): boolean {
    const until = this.#clearUntil.get(roomId);
    return until !== undefined && this.#clock.monotonic() < until;
  }

  /** What was said no longer counts, as our view of the room may have been an old one. */
  forget(roomId: RoomId): void {
    this.#clearUntil.delete(roomId);
  }

  /** @throws MatrixError, TransportError when the homeserver says neither. */
  async ask(session: Session, roomId: RoomId, signal: AbortSignal): Promise<'clear' | 'encrypted'> {
    const askedAt = this.#clock.monotonic();
    this.#clearUntil.delete(roomId);
    const encryption = await roomState(session, roomId, 'm.room.encryption', '', signal);
    if (encryption !== undefined) return 'encrypted';
    if (this.#clearUntil.size >= roomsMax) this.#sweep(askedAt);
    this.#clearUntil.set(roomId, askedAt + beginWithinMs);
    return 'clear';
  }

  #sweep(now: number): void {
    for (const [roomId, until] of this.#clearUntil) {
      if (until <= now) this.#clearUntil.delete(roomId);
    }
  }
}

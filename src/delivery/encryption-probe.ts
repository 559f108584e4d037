import type { Clock } from '../clock.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import { roomState } from '../matrix/state.ts';
import { classifyQuestion } from './classify.ts';
import type { Setback } from './outcome.ts';

/** For how long the homeserver's word that a room is not encrypted holds, in milliseconds: the documented window. */
const clearWindowMs = 60_000;

export type ProbeResult =
  | { readonly kind: 'clear' }
  | { readonly kind: 'encrypted' }
  | { readonly kind: 'setback'; readonly setback: Setback };

/**
 * Asks whether a room is encrypted (`m.room.encryption`, Client-Server API §10.12.1). Only the exact answer 404
 * `M_NOT_FOUND` means that it is not; whatever else is not understood keeps the message back.
 */
export class EncryptionProbe {
  readonly #clock: Clock;
  readonly #clearUntil = new Map<RoomId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Whether the room was said to be clear within the window. */
  isClear(roomId: RoomId): boolean {
    const until = this.#clearUntil.get(roomId);
    return until !== undefined && this.#clock.monotonic() < until;
  }

  async ask(session: Session, roomId: RoomId, signal: AbortSignal): Promise<ProbeResult> {
    const askedAt = this.#clock.monotonic();
    this.#clearUntil.delete(roomId);
    try {
      const encryption = await roomState(session, roomId, 'm.room.encryption', '', signal);
      if (encryption !== undefined) return { kind: 'encrypted' };
      this.#clearUntil.set(roomId, askedAt + clearWindowMs);
      return { kind: 'clear' };
    } catch (error) {
      const setback = classifyQuestion(error);
      if (setback.kind !== 'dead') return { kind: 'setback', setback };
      return { kind: 'setback', setback: { kind: 'failed', error: setback.error, unknown: false } };
    }
  }
}

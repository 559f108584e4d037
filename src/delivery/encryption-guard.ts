import type { Clock } from '../clock.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import type { LaneKey } from '../outbox/entry.ts';
import { classifyQuestion } from './classify.ts';
import { EncryptionProbe } from './encryption-probe.ts';
import type { Setback } from './outcome.ts';
import { explainRefusal } from './refusal.ts';
import type { RoomGuide } from './room-guide.ts';

const encryptedRoom: Setback = {
  kind: 'dead',
  reason: 'encrypted-room',
  error: 'the room is encrypted, and nothing goes there in clear',
};

const notEncrypted: Setback = {
  kind: 'dead',
  reason: 'unencrypted',
  error: 'the room is not encrypted although the configuration requires it',
};

const replaced: Setback = { kind: 'failed', error: 'the room was replaced', unknown: false };

/** What is asked of the guard: may this leave in clear, from this session, into this room? */
export interface ClearRequest {
  readonly key: LaneKey;
  readonly session: Session;
  readonly roomId: RoomId;
  readonly signal: AbortSignal;
}

/** Lets nothing out in clear unless the homeserver just said that the room is not encrypted. */
export class EncryptionGuard {
  readonly #guide: RoomGuide;
  readonly #isRequired: (key: LaneKey) => boolean;
  readonly #probe: EncryptionProbe;

  constructor(guide: RoomGuide, clock: Clock, isRequired: (key: LaneKey) => boolean) {
    this.#guide = guide;
    this.#isRequired = isRequired;
    this.#probe = new EncryptionProbe(clock);
  }

  /**
   * Why nothing may leave in clear now; undefined: it may. A room that hides its state is entered first, once.
   *
   * @throws MatrixError, TransportError when the homeserver does not say
   */
  async keptBack(request: ClearRequest): Promise<Setback | undefined> {
    const { key, roomId } = request;
    // What is encrypted stays so, whatever an answer that was under way before says.
    if (!this.#guide.isEncrypted(roomId) && !this.#probe.isClear(roomId)) {
      const setback = await this.#look(request);
      if (setback !== undefined) return setback;
    }
    if (this.#guide.isEncrypted(roomId)) return encryptedRoom;
    return this.#isRequired(key) ? notEncrypted : undefined;
  }

  /**
   * Accepts an invitation or joins, once, when the account is not in the room. Undefined: it joined.
   *
   * @param words - how the homeserver refused
   * @throws MatrixError, TransportError when the homeserver does not say
   */
  async enter(request: ClearRequest, words: string): Promise<Setback | undefined> {
    const { key, session, roomId, signal } = request;
    const via = this.#guide.via(key);
    const refused = { eventType: 'm.room.message', words, via };
    const refusal = await explainRefusal(session, roomId, refused, signal);
    // Who is outside sees the state of the day it left.
    this.#probe.forget(roomId);
    if (refusal.kind === 'joined') return undefined;
    // No event was refused, so none is dead.
    return { kind: 'room-closed', error: refusal.outcome.error };
  }

  /** The room was entered: what its state was said to be before no longer counts. */
  forget(roomId: RoomId): void {
    this.#probe.forget(roomId);
  }

  async #look(request: ClearRequest): Promise<Setback | undefined> {
    const { key, session, roomId, signal } = request;
    const record = await this.#guide.locate(key, session, false, signal);
    if (record.roomId !== roomId) return replaced;
    try {
      await this.#ask(request);
    } catch (error) {
      const setback = classifyQuestion(error);
      if (setback.kind !== 'room-closed') throw error;
      const closed = await this.enter(request, setback.error);
      if (closed !== undefined) return closed;
      await this.#ask(request);
    }
    return undefined;
  }

  async #ask({ key, session, roomId, signal }: ClearRequest): Promise<void> {
    const answer = await this.#probe.ask(session, roomId, signal);
    if (answer === 'encrypted') await this.#guide.markEncrypted(key, roomId);
  }
}

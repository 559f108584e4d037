import type { Clock } from '../clock.ts';
import type { RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import type { LaneKey } from '../outbox/entry.ts';
import { classifyQuestion } from './classify.ts';
import { EncryptionProbe } from './encryption-probe.ts';
import type { Encryptor } from './encryptor.ts';
import type { Setback } from './outcome.ts';
import { explainRefusal } from './refusal.ts';
import type { RoomGuide } from './room-guide.ts';

const encryptedRoom: Setback = {
  kind: 'dead',
  reason: 'encrypted-room',
  error: 'the room is encrypted, and nothing goes there in clear',
};

/** The next attempt encrypts. */
const becameEncrypted: Setback = {
  kind: 'failed',
  error: 'the room became encrypted',
  unknown: false,
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

export interface EncryptionGuardDeps {
  readonly clock: Clock;
  /** Undefined: what is encrypted cannot be spoken to. */
  readonly encryptor: Encryptor | undefined;
  /** Whether the configuration demands that this room be encrypted. */
  encryptionRequired(key: LaneKey): boolean;
}

/** Lets nothing out in clear unless the homeserver just said that the room is not encrypted. */
export class EncryptionGuard {
  readonly #guide: RoomGuide;
  readonly #deps: EncryptionGuardDeps;
  readonly #probe: EncryptionProbe;

  constructor(guide: RoomGuide, deps: EncryptionGuardDeps) {
    this.#guide = guide;
    this.#deps = deps;
    this.#probe = new EncryptionProbe(deps.clock);
  }

  /** Whether what leaves now may leave in clear, as far as is known without asking. */
  letsPass(key: LaneKey, roomId: RoomId): boolean {
    if (this.#guide.isEncrypted(roomId) || this.#deps.encryptionRequired(key)) return false;
    return this.#probe.isClear(roomId);
  }

  /** Whether the room was ever seen encrypted; then it is, whatever the homeserver says now. */
  isEncrypted(roomId: RoomId): boolean {
    return this.#guide.isEncrypted(roomId);
  }

  /**
   * Finds out whether the room is encrypted, unless that is known. A room that hides its state is entered first, once.
   * What it returns keeps the lane from going on.
   *
   * @throws MatrixError, TransportError when the homeserver does not say
   */
  async findOut(request: ClearRequest): Promise<Setback | undefined> {
    const { roomId } = request;
    // What is encrypted stays so, whatever an answer that was under way before says.
    if (this.#guide.isEncrypted(roomId) || this.#probe.isClear(roomId)) return undefined;
    return await this.#look(request);
  }

  /** Why nothing may leave in clear now; undefined: it may. @throws MatrixError, TransportError as `findOut` */
  async keptBack(request: ClearRequest): Promise<Setback | undefined> {
    const setback = await this.findOut(request);
    if (setback !== undefined) return setback;
    if (this.#guide.isEncrypted(request.roomId)) {
      return this.#deps.encryptor === undefined ? encryptedRoom : becameEncrypted;
    }
    return this.#deps.encryptionRequired(request.key) ? notEncrypted : undefined;
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

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

/** What may leave into a room now: anything, as it is not encrypted; only what is sealed; or nothing, and why. */
export type Clearance = 'send' | 'seal' | Setback;

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

/** The room was entered meanwhile, or the answer took as long as it holds. */
const outdated: Setback = {
  kind: 'failed',
  error: 'what the homeserver said of the encryption was out of date',
  unknown: false,
};

/** Who asks to leave, from which session, and into which room. */
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

  /** Whether the room was ever seen encrypted; then it is, whatever the homeserver says now. */
  isEncrypted(roomId: RoomId): boolean {
    return this.#guide.isEncrypted(roomId);
  }

  /** What may leave at this moment, as far as that is known; undefined: it is to be asked for. */
  known(key: LaneKey, roomId: RoomId): Clearance | undefined {
    // What is encrypted stays so, whatever an answer that was under way before says.
    if (this.#guide.isEncrypted(roomId)) return 'seal';
    if (!this.#probe.isClear(key.account, roomId)) return undefined;
    return this.#deps.encryptionRequired(key) ? notEncrypted : 'send';
  }

  /**
   * What may leave at the moment it resolves; the homeserver is asked unless that is known. A room that hides its state is
   * entered first, once.
   *
   * @throws MatrixError, TransportError when the homeserver does not say
   */
  async clear(request: ClearRequest): Promise<Clearance> {
    return this.known(request.key, request.roomId) ?? (await this.#look(request));
  }

  /** Why what is in clear may not leave. */
  keptBack(cleared: Exclude<Clearance, 'send'>): Setback {
    if (cleared !== 'seal') return cleared;
    return this.#deps.encryptor === undefined ? encryptedRoom : becameEncrypted;
  }

  /**
   * Accepts an invitation or joins, once, when the account is not in the room. Undefined: it joined; else why the room
   * refuses an event of this type.
   *
   * @param words - how the homeserver refused
   * @throws MatrixError, TransportError when the homeserver does not say
   */
  async enter(
    request: ClearRequest,
    eventType: string,
    words: string,
  ): Promise<Setback | undefined> {
    const { key, session, roomId, signal } = request;
    const refused = { eventType, words, via: this.#guide.via(key) };
    const refusal = await explainRefusal(session, roomId, refused, signal);
    // Who is outside sees the state of the day it left.
    this.#probe.forget(key.account, roomId);
    return refusal.kind === 'joined' ? undefined : refusal.outcome;
  }

  /** The same after a question was refused: no event was, so none is dead. */
  async enterToAsk(request: ClearRequest, words: string): Promise<Setback | undefined> {
    const setback = await this.enter(request, 'm.room.message', words);
    return setback && { kind: 'room-closed', error: setback.error };
  }

  async #look(request: ClearRequest): Promise<Clearance> {
    const { key, session, roomId, signal } = request;
    const record = await this.#guide.locate(key, session, false, signal);
    if (record.roomId !== roomId) return replaced;
    try {
      return await this.#ask(request);
    } catch (error) {
      const setback = classifyQuestion(error);
      if (setback.kind !== 'room-closed') throw error;
      const closed = await this.enterToAsk(request, setback.error);
      return closed ?? (await this.#ask(request));
    }
  }

  async #ask({ key, session, roomId, signal }: ClearRequest): Promise<Clearance> {
    const isEncrypted = await this.#probe.ask(key.account, session, roomId, signal);
    if (isEncrypted) await this.#guide.markEncrypted(roomId);
    return this.known(key, roomId) ?? outdated;
  }
}

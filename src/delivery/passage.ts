import type { RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import type { LaneKey } from '../outbox/entry.ts';
import type { ClaimedEntry } from '../outbox/outbox.ts';
import { classify, classifyQuestion } from './classify.ts';
import type { Clearance, EncryptionGuard } from './encryption-guard.ts';
import type { Outcome, Setback } from './outcome.ts';
import { putEvent } from './put-event.ts';
import type { RoomGuide } from './room-guide.ts';
import { saysNothing } from './seal-event.ts';
import type { Speakers } from './speakers.ts';

export interface PassageDeps {
  readonly speakers: Speakers;
  readonly guide: RoomGuide;
  readonly guard: EncryptionGuard;
  /** The room refused an event of this lane. */
  refused(key: LaneKey): void;
}

/** An event that wants to go out. */
export interface Leaving {
  readonly entry: ClaimedEntry;
  readonly key: LaneKey;
  readonly roomId: RoomId;
  /** The device it was completed for. */
  readonly deviceId: string;
  readonly signal: AbortSignal;
}

/** The lane is opened again soon, with what has changed. */
const deviceChanged: Setback = {
  kind: 'failed',
  error: 'the account has a new device',
  unknown: false,
};
const roomReplaced: Setback = { kind: 'failed', error: 'the room was replaced', unknown: false };

/** The way of one event into its room: cleared, sent, and once more if the room refuses it and that can be mended. */
export class Passage {
  readonly #deps: PassageDeps;
  readonly #leaving: Leaving;
  /** Whether the request was made under the session that was given last. */
  #hasLeft = false;
  #wasRefused = false;

  constructor(deps: PassageDeps, leaving: Leaving) {
    this.#deps = deps;
    this.#leaving = leaving;
  }

  /** It never throws for what the world answers. */
  pass(): Promise<Outcome> {
    const { key, signal } = this.#leaving;
    return this.#deps.speakers
      .withSession(key.account, (session) => this.#ask(session), signal)
      .catch((error: unknown) => this.#failed(error));
  }

  /** Asks for clearance, unless that is known or not needed. */
  #ask(session: Session): Promise<Outcome> {
    const { guard } = this.#deps;
    const { entry, key, roomId, deviceId, signal } = this.#leaving;
    this.#hasLeft = false;
    if (session.deviceId !== deviceId) return Promise.resolve(deviceChanged);
    const known = entry.sealedFor === undefined ? guard.known(key, roomId) : 'seal';
    if (known !== undefined) return this.#leave(session, known);
    const clearance = guard.clear({ key, session, roomId, signal });
    return clearance.then((cleared) => this.#leave(session, cleared));
  }

  /** The only place where an event leaves: at the moment it was cleared, or such that it may enter any room. */
  #leave(session: Session, cleared: Clearance): Promise<Outcome> {
    const { entry, roomId, signal } = this.#leaving;
    const mayLeave = cleared === 'send' || (cleared === 'seal' && isSealed(entry));
    if (!mayLeave) return Promise.resolve(this.#deps.guard.keptBack(cleared));
    this.#hasLeft = true;
    return putEvent(session, entry, roomId, signal);
  }

  #failed(error: unknown): Outcome | Promise<Outcome> {
    if (!this.#hasLeft) return classifyQuestion(error);
    const setback = classify(error);
    if (setback.kind !== 'room-closed' || this.#wasRefused) return setback;
    this.#wasRefused = true;
    return this.#passAgain(setback.error);
  }

  /** Finds out why the room refused, does the one thing that may help, and tries once more. */
  async #passAgain(words: string): Promise<Outcome> {
    const { speakers, guide, guard, refused } = this.#deps;
    const { entry, key, roomId, signal } = this.#leaving;
    refused(key);
    const mend = async (session: Session): Promise<Setback | undefined> => {
      const record = await guide.locate(key, session, true, signal);
      if (record.roomId !== roomId) return roomReplaced;
      return await guard.enter({ key, session, roomId, signal }, entry.type, words);
    };
    const setback = await speakers
      .withSession(key.account, mend, signal)
      .catch((error: unknown) => classifyQuestion(error));
    return setback ?? (await this.pass());
  }
}

/** Whether it may enter an encrypted room: it was encrypted, or has nothing of its caller's own. */
const isSealed = (entry: ClaimedEntry): boolean =>
  entry.sealedFor !== undefined || saysNothing(entry);

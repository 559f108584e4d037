import { Failure } from '../errors.ts';
import { parseRoomId, type RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import type { LaneKey } from '../outbox/entry.ts';
import { leavesAsAccepted } from '../outbox/leaves-as-accepted.ts';
import { resolveLocalEventIds } from '../outbox/local-event-id.ts';
import type { ClaimedEntry, DeliveryQueue, Target } from '../outbox/outbox.ts';
import { refusedSize, uploadAttachment, uploadSetback } from './attachment.ts';
import { classifyQuestion } from './classify.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import { EncryptionGuard, type EncryptionGuardDeps } from './encryption-guard.ts';
import type { Encryptor } from './encryptor.ts';
import { lookUpEntry } from './look-up.ts';
import type { Outcome, Setback } from './outcome.ts';
import { Passage, type PassageDeps } from './passage.ts';
import { RoomGuide, RoomNotFound, type RoomNotice } from './room-guide.ts';
import type { RoomMemory, RoomRecord } from './room-memory.ts';
import { dead, mustSeal, sealEvent, whatPrevents } from './seal-event.ts';
import type { Completion, Finding, Opening, Sender } from './sender.ts';
import type { Speakers } from './speakers.ts';

export interface MatrixSenderDeps extends EncryptionGuardDeps {
  readonly speakers: Speakers;
  readonly queue: Pick<DeliveryQueue, 'attachment' | 'isKnownEvent' | 'eventIdOf'>;
  readonly memory: RoomMemory;
  readonly events: Pick<DeliveryEvents, 'roomUpgraded'>;
}

/** A file is on the homeserver and named in the content, or why not. */
type Uploaded =
  | { readonly ok: true; readonly content: string }
  | { readonly ok: false; readonly setback: Setback };

/** Delivers to Matrix rooms through the Client-Server API. */
export class MatrixSender implements Sender {
  readonly #deps: MatrixSenderDeps;
  readonly #guide: RoomGuide;
  readonly #guard: EncryptionGuard;
  readonly #passage: PassageDeps;
  /** Lanes whose room refused us: their next opening asks everything afresh. */
  readonly #refused = new Set<string>();

  constructor(deps: MatrixSenderDeps) {
    this.#deps = deps;
    this.#guide = new RoomGuide(deps);
    this.#guard = new EncryptionGuard(this.#guide, deps);
    this.#passage = {
      speakers: deps.speakers,
      guide: this.#guide,
      guard: this.#guard,
      refused: (key) => this.#refused.add(laneName(key)),
    };
  }

  /** What is known of all rooms. */
  async rooms(): Promise<RoomRecord[]> {
    return await this.#guide.records();
  }

  /** What a running sync says of an account's rooms. */
  async notice(account: string, news: readonly RoomNotice[]): Promise<void> {
    await this.#guide.notice(account, news);
  }

  /** Finds out where a room leads before anything goes there. @throws MatrixError, TransportError, RoomNotFound */
  async find(key: LaneKey, signal: AbortSignal): Promise<void> {
    await this.#speak(key, signal, (session) => this.#guide.find(key, session, signal));
  }

  /** Aliases and upgrades are asked for again at the next attempt: an operator, or a reload, wants it so. */
  refresh(): void {
    this.#guide.forgetTimes();
  }

  domain(key: LaneKey): string {
    try {
      return this.#deps.speakers.homeserver(key.account);
    } catch (error) {
      // An account that is no longer configured; its lanes wait for it by themselves.
      if (error instanceof Failure && error.code === 'not_found') return '';
      throw error;
    }
  }

  async open(key: LaneKey, signal: AbortSignal): Promise<Opening> {
    const lane = laneName(key);
    const afresh = this.#refused.delete(lane);
    try {
      const target = await this.#speak(key, signal, async (session) => {
        const record = await this.#guide.locate(key, session, afresh, signal);
        const roomId = roomOf(record);
        const cleared = await this.#guard.clear({ key, session, roomId, signal });
        // What would be dead are messages, each in its turn; the lane is open.
        if (typeof cleared !== 'string' && cleared.kind !== 'dead') return cleared;
        return { roomId, deviceId: session.deviceId };
      });
      if (!('kind' in target)) return { ok: true, target };
      this.#refused.add(lane);
      return { ok: false, setback: target };
    } catch (error) {
      this.#refused.add(lane);
      if (error instanceof RoomNotFound) {
        return { ok: false, setback: { kind: 'room-closed', error: error.message } };
      }
      return { ok: false, setback: classifyQuestion(error) };
    }
  }

  mayLeaveAsAccepted(entry: ClaimedEntry): boolean {
    const { content } = entry.accepted ?? entry;
    return leavesAsAccepted({ hasAttachment: entry.hasAttachment, content });
  }

  mustComplete(entry: ClaimedEntry, target: Target): boolean {
    if (entry.accepted === undefined && !this.mayLeaveAsAccepted(entry)) return true;
    return this.#guard.isEncrypted(roomOf(target)) && mustSeal(entry, target);
  }

  async complete(
    entry: ClaimedEntry,
    target: Target,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Completion> {
    const { queue, encryptor } = this.#deps;
    const given = entry.content.toString();
    const content = await resolveLocalEventIds(given, (id) => queue.eventIdOf(id));
    if (content === undefined) {
      return dead('invalid', 'it refers to a message that was not delivered');
    }
    const roomId = roomOf(target);
    const isEncrypted = this.#guard.isEncrypted(roomId);
    if (isEncrypted && encryptor === undefined) {
      return { ok: false, setback: this.#guard.keptBack('seal') };
    }
    const seal = isEncrypted ? encryptor : undefined;
    const named = entry.hasAttachment
      ? await this.#withFile({ ...entry, content: Buffer.from(content) }, target, key, seal, signal)
      : { ok: true as const, content };
    if (!named.ok) return named;
    if (seal === undefined) return { ...named, sealed: false };
    const event = { lane: key, roomId, type: entry.type, content: named.content };
    return await sealEvent(event, seal, signal);
  }

  /** Uploads the entry's file, encrypted where the room is. */
  async #withFile(
    entry: ClaimedEntry,
    target: Target,
    key: LaneKey,
    seal: Encryptor | undefined,
    signal: AbortSignal,
  ): Promise<Uploaded> {
    const file = await this.#deps.queue.attachment(entry.seq);
    if (file === undefined) return dead('attachment', 'its file is no longer in the outbox');
    // A file that no event could announce would be uploaded in vain, at each attempt.
    const unable = seal && (await whatPrevents(seal, key, signal));
    if (unable !== undefined) return { ok: false, setback: unable };
    const progress = { isAsking: false };
    try {
      return await this.#speak(key, signal, async (session): Promise<Uploaded> => {
        progress.isAsking = false;
        const tooLarge = await refusedSize(session, file, signal);
        if (tooLarge !== undefined) return { ok: false, setback: tooLarge };
        if (seal === undefined) {
          // A file holds what the message says, so it leaves in clear only where and when the message may.
          progress.isAsking = true;
          const roomId = roomOf(target);
          const cleared = await this.#guard.clear({ key, session, roomId, signal });
          if (cleared !== 'send') return { ok: false, setback: this.#guard.keptBack(cleared) };
        }
        progress.isAsking = false;
        const content = entry.content.toString();
        return { ok: true, content: await uploadAttachment(session, file, content, signal, seal) };
      });
    } catch (error) {
      const setback = progress.isAsking ? classifyQuestion(error) : uploadSetback(error);
      return { ok: false, setback };
    }
  }

  send(entry: ClaimedEntry, target: Target, key: LaneKey, signal: AbortSignal): Promise<Outcome> {
    const { deviceId } = target;
    const leaving = { entry, key, roomId: roomOf(target), deviceId, signal };
    return new Passage(this.#passage, leaving).pass();
  }

  async lookUp(
    entry: ClaimedEntry,
    target: Target,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Finding> {
    const now = roomOf(target);
    const then = parseRoomId(entry.unknown?.target?.roomId ?? now);
    if (then === undefined || then === now) return await this.#lookInto(now, entry, key, signal);
    const finding = await this.#search(then, entry, key, signal);
    if (finding.kind === 'setback' && finding.setback.kind === 'room-closed') {
      const error = `the room it went to can no longer be read: ${finding.setback.error}`;
      return { kind: 'undecidable', error };
    }
    // It may have been repeated here before a crash.
    return finding.kind === 'absent' ? await this.#search(now, entry, key, signal) : finding;
  }

  #speak<Result>(
    key: LaneKey,
    signal: AbortSignal,
    operation: (session: Session) => Promise<Result>,
  ): Promise<Result> {
    return this.#deps.speakers.withSession(key.account, operation, signal);
  }

  /** Looks into the room the lane leads to, after entering it if need be. */
  async #lookInto(
    roomId: RoomId,
    entry: ClaimedEntry,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Finding> {
    const finding = await this.#search(roomId, entry, key, signal);
    if (finding.kind !== 'setback' || finding.setback.kind !== 'room-closed') return finding;
    const { error } = finding.setback;
    this.#refused.add(laneName(key));
    try {
      const setback = await this.#speak(
        key,
        signal,
        async (session) => await this.#guard.enterToAsk({ key, session, roomId, signal }, error),
      );
      if (setback !== undefined) return { kind: 'setback', setback };
    } catch (thrown) {
      return { kind: 'setback', setback: classifyQuestion(thrown) };
    }
    return await this.#search(roomId, entry, key, signal);
  }

  async #search(
    roomId: RoomId,
    entry: ClaimedEntry,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Finding> {
    const { queue, clock } = this.#deps;
    const isKnownEvent = async (eventId: string) => await queue.isKnownEvent(eventId);
    try {
      return await this.#speak(
        key,
        signal,
        async (session) =>
          await lookUpEntry({ session, roomId, entry, now: clock.now(), isKnownEvent, signal }),
      );
    } catch (error) {
      return { kind: 'setback', setback: classifyQuestion(error) };
    }
  }
}

const laneName = (key: LaneKey): string => `${key.account} ${key.room}`;

function roomOf(target: Pick<Target, 'roomId'>): RoomId {
  const roomId = parseRoomId(target.roomId);
  if (roomId === undefined) throw new Error('a target is not a room id');
  return roomId;
}

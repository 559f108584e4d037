import type { Clock } from '../clock.ts';
import { redact, sendEvent } from '../matrix/events.ts';
import { parseEventId, parseRoomId, type RoomId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import type { LaneKey } from '../outbox/entry.ts';
import { hasLocalEventId, resolveLocalEventIds } from '../outbox/local-event-id.ts';
import type { ClaimedEntry, DeliveryQueue, Target } from '../outbox/outbox.ts';
import { uploadAttachment } from './attachment.ts';
import { classify, classifyQuestion } from './classify.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import { EncryptionProbe } from './encryption-probe.ts';
import { lookUpEntry } from './look-up.ts';
import type { Outcome, Setback } from './outcome.ts';
import { explainRefusal } from './refusal.ts';
import { RoomGuide, RoomNotFound } from './room-guide.ts';
import type { RoomMemory, RoomRecord } from './room-memory.ts';
import type { Completion, Finding, Opening, Sender } from './sender.ts';
import type { Speakers } from './speakers.ts';

export interface MatrixSenderDeps {
  readonly speakers: Speakers;
  readonly queue: Pick<DeliveryQueue, 'attachment' | 'isKnownEvent' | 'eventIdOf'>;
  readonly memory: RoomMemory;
  readonly clock: Clock;
  readonly events: Pick<DeliveryEvents, 'roomUpgraded'>;
  /** Whether the configuration demands that this room be encrypted. */
  encryptionRequired(key: LaneKey): boolean;
}

/** Delivers to Matrix rooms through the Client-Server API. */
export class MatrixSender implements Sender {
  readonly #deps: MatrixSenderDeps;
  readonly #guide: RoomGuide;
  readonly #probe: EncryptionProbe;
  /** Lanes whose room refused us: their next opening asks everything afresh. */
  readonly #refused = new Set<string>();

  constructor(deps: MatrixSenderDeps) {
    this.#deps = deps;
    this.#guide = new RoomGuide(deps);
    this.#probe = new EncryptionProbe(deps.clock);
  }

  /** What is known of all rooms. */
  async rooms(): Promise<RoomRecord[]> {
    return await this.#guide.records();
  }

  /** Aliases and upgrades are asked for again at the next attempt: an operator, or a reload, wants it so. */
  refresh(): void {
    this.#guide.forgetTimes();
  }

  domain(key: LaneKey): string {
    return this.#deps.speakers.homeserver(key.account);
  }

  async open(key: LaneKey, signal: AbortSignal): Promise<Opening> {
    const lane = `${key.account} ${key.room}`;
    const afresh = this.#refused.delete(lane);
    try {
      const target = await this.#deps.speakers.withSession(
        key.account,
        async (session) => {
          const { roomId } = await this.#guide.locate(key, session, afresh, signal);
          return { roomId, deviceId: session.deviceId };
        },
        signal,
      );
      return { ok: true, target };
    } catch (error) {
      this.#refused.add(lane);
      if (error instanceof RoomNotFound) {
        return { ok: false, setback: { kind: 'room-closed', error: error.message } };
      }
      return { ok: false, setback: classifyQuestion(error) };
    }
  }

  mustComplete(entry: ClaimedEntry): boolean {
    return entry.hasAttachment || hasLocalEventId(entry.content);
  }

  async complete(
    entry: ClaimedEntry,
    _target: Target,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Completion> {
    const { speakers, queue } = this.#deps;
    const content = await resolveLocalEventIds(entry.content, (id) => queue.eventIdOf(id));
    if (content === undefined) {
      const error = 'it refers to a message that was not delivered';
      return { ok: false, setback: { kind: 'dead', reason: 'invalid', error } };
    }
    if (!entry.hasAttachment) return { ok: true, content };
    const file = await queue.attachment(entry.seq);
    if (file === undefined) {
      const error = 'its file is no longer in the outbox';
      return { ok: false, setback: { kind: 'dead', reason: 'attachment', error } };
    }
    try {
      return await speakers.withSession(
        key.account,
        (session) => uploadAttachment(session, file, content, signal),
        signal,
      );
    } catch (error) {
      return { ok: false, setback: classifyQuestion(error) };
    }
  }

  async send(
    entry: ClaimedEntry,
    content: string,
    target: Target,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const roomId = parseRoomId(target.roomId);
    if (roomId === undefined) throw new Error('a target is not a room id');
    try {
      return await this.#deps.speakers.withSession(
        key.account,
        async (session) => {
          if (session.deviceId !== target.deviceId) return deviceChanged;
          const kept = this.#probe.isClear(roomId)
            ? undefined
            : await this.#keptBack(session, roomId, key, signal);
          if (kept !== undefined) return kept;
          if (this.#deps.encryptionRequired(key)) return notEncrypted;
          return await request(session, entry, content, roomId, signal);
        },
        signal,
      );
    } catch (error) {
      const setback = classify(error);
      if (setback.kind !== 'room-closed') return setback;
      return await this.#mend(setback, entry, content, key, roomId, signal);
    }
  }

  async lookUp(
    entry: ClaimedEntry,
    target: Target,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Finding> {
    const { speakers, queue } = this.#deps;
    const roomId = entry.unknown?.target?.roomId ?? target.roomId;
    try {
      return await speakers.withSession(
        key.account,
        (session) => lookUpEntry(session, roomId, entry, (id) => queue.isKnownEvent(id), signal),
        signal,
      );
    } catch (error) {
      return { kind: 'setback', setback: classifyQuestion(error) };
    }
  }

  /** Why nothing may leave in clear now; undefined: it may. */
  async #keptBack(
    session: Session,
    roomId: RoomId,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Outcome | undefined> {
    const record = await this.#guide.locate(key, session, false, signal);
    if (record.encrypted && record.roomId === roomId) return encryptedRoom;
    const answer = await this.#probe.ask(session, roomId, signal);
    switch (answer.kind) {
      case 'clear':
        return undefined;
      case 'encrypted':
        await this.#guide.markEncrypted(record);
        return encryptedRoom;
      case 'setback':
        if (answer.setback.kind !== 'room-closed') return answer.setback;
        // Outside the room its state is hidden; being let in may be all that is missing.
        return await this.#enter(answer.setback, session, roomId, key, signal);
    }
  }

  /** Accepts an invitation or joins, once; the lane then goes on at its next opening. */
  async #enter(
    setback: Setback,
    session: Session,
    roomId: RoomId,
    key: LaneKey,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const refused = { eventType: 'm.room.message', words: setback.error };
    const refusal = await explainRefusal(session, roomId, refused, signal);
    this.#refused.add(`${key.account} ${key.room}`);
    return refusal.kind === 'joined' ? tryAgain('joined the room') : refusal.outcome;
  }

  /** The room refused the event: finds out why, and does the one thing that may help. */
  async #mend(
    setback: Setback,
    entry: ClaimedEntry,
    content: string,
    key: LaneKey,
    roomId: RoomId,
    signal: AbortSignal,
  ): Promise<Outcome> {
    this.#refused.add(`${key.account} ${key.room}`);
    try {
      return await this.#deps.speakers.withSession(
        key.account,
        async (session) => {
          const record = await this.#guide.locate(key, session, true, signal);
          if (record.roomId !== roomId) return tryAgain('the room was replaced');
          const refused = { eventType: entry.type, words: setback.error };
          const refusal = await explainRefusal(session, roomId, refused, signal);
          if (refusal.kind !== 'joined') return refusal.outcome;
          return await request(session, entry, content, roomId, signal);
        },
        signal,
      );
    } catch (error) {
      return classify(error);
    }
  }
}

const encryptedRoom: Outcome = {
  kind: 'dead',
  reason: 'encrypted-room',
  error: 'the room is encrypted, and nothing goes there in clear',
};

const notEncrypted: Outcome = {
  kind: 'dead',
  reason: 'unencrypted',
  error: 'the room is not encrypted although the configuration requires it',
};

const deviceChanged: Outcome = tryAgain('the account has a new device');

/** The lane is opened again soon, with what has changed. */
function tryAgain(why: string): Outcome {
  return { kind: 'failed', error: why, unknown: false };
}

async function request(
  session: Session,
  entry: ClaimedEntry,
  content: string,
  roomId: RoomId,
  signal: AbortSignal,
): Promise<Outcome> {
  if (entry.type !== 'm.room.redaction') {
    const eventId = await sendEvent(session, roomId, entry.type, entry.txnId, content, signal);
    return { kind: 'delivered', eventId };
  }
  const { redacts, reason } = JSON.parse(content) as { redacts?: unknown; reason?: unknown };
  const redacted = typeof redacts === 'string' ? parseEventId(redacts) : undefined;
  if (redacted === undefined) {
    return { kind: 'dead', reason: 'invalid', error: 'a redaction names no event' };
  }
  const why = typeof reason === 'string' ? reason : undefined;
  const eventId = await redact(session, roomId, redacted, entry.txnId, why, signal);
  return { kind: 'delivered', eventId };
}

import { type Clock, pause } from '../clock.ts';
import type { Config } from '../config/config.ts';
import { RoomNotFound } from '../delivery/room-guide.ts';
import type { UserId } from '../matrix/ids.ts';
import type { LaneKey } from '../outbox/entry.ts';

/** What a survey asks, and whom it tells. */
export interface SurveyPorts {
  readonly clock: Clock;
  /** Who the account is to its homeserver. */
  userId(account: string, signal: AbortSignal): Promise<UserId>;
  /** Finds out where a room leads, and remembers it. @throws RoomNotFound when nobody knows it */
  findRoom(key: LaneKey, signal: AbortSignal): Promise<void>;
  /** Something is known that was not. */
  onNews(): void;
}

/** What a survey has found so far. */
export interface Surveyed {
  /** The accounts of which the configuration does not say who they are. */
  readonly userIds: ReadonlyMap<string, UserId>;
  /** Whether every alias was answered for: until then an unknown room id may be one of theirs. */
  readonly isComplete: boolean;
}

type Question = (signal: AbortSignal) => Promise<void>;

/** The first wait for a homeserver that is away, in milliseconds, and the longest. */
const waitMsMin = 1_000;
const waitMsMax = 60_000;

/**
 * Asks the homeservers, as soon as the daemon runs, what callers may know already: the ids of rooms that are configured by
 * alias, and whose server an account is on. Deliveries ask again for themselves.
 */
export class HomeserverSurvey {
  readonly #ports: SurveyPorts;
  readonly #userIds = new Map<string, UserId>();
  #isComplete = false;
  #round = new AbortController();
  #isClosed = false;

  constructor(ports: SurveyPorts) {
    this.#ports = ports;
  }

  get found(): Surveyed {
    return { userIds: this.#userIds, isComplete: this.#isComplete };
  }

  /** Begins anew with this configuration, unless it is closed; `known` are the rooms that need no question. */
  begin(config: Pick<Config<unknown>, 'accounts' | 'rooms'>, known: readonly LaneKey[]): void {
    if (this.#isClosed) return;
    this.#round.abort();
    this.#round = new AbortController();
    const byAccount = [...config.accounts.values()].map(({ name, userId }) => [
      ...(userId === undefined ? [this.#whoIs(name)] : []),
      ...[...config.rooms.values()]
        .filter(({ account, room }) => account === name && room.startsWith('#'))
        .filter((room) => !known.some((one) => isSameLane(one, room)))
        .map((room) => this.#whereIs(room)),
    ]);
    this.#isComplete = byAccount.every((questions) => questions.length === 0);
    if (!this.#isComplete) void this.#ask(byAccount, this.#round.signal);
  }

  /** Asks nothing from now on. */
  close(): void {
    this.#isClosed = true;
    this.#round.abort();
  }

  #whoIs(account: string): Question {
    return async (signal) => {
      if (this.#userIds.has(account)) return;
      this.#userIds.set(account, await this.#ports.userId(account, signal));
    };
  }

  #whereIs({ account, room }: LaneKey): Question {
    return async (signal) => {
      try {
        await this.#ports.findRoom({ account, room }, signal);
      } catch (error) {
        if (!(error instanceof RoomNotFound)) throw error;
      }
    };
  }

  async #ask(byAccount: readonly (readonly Question[])[], signal: AbortSignal): Promise<void> {
    await Promise.all(byAccount.map(async (questions) => await this.#askAll(questions, signal)));
    if (signal.aborted) return;
    this.#isComplete = true;
    this.#ports.onNews();
  }

  /** One after the other; what fails is the account or its homeserver, so the rest waits with it. */
  async #askAll(questions: readonly Question[], signal: AbortSignal): Promise<void> {
    let waitMs = waitMsMin;
    for (const question of questions) {
      while (!signal.aborted && !(await isAnswered(question, signal))) {
        await pause(this.#ports.clock, waitMs, signal);
        waitMs = Math.min(waitMs * 2, waitMsMax);
      }
    }
  }
}

const isSameLane = (one: LaneKey, other: LaneKey): boolean =>
  one.account === other.account && one.room === other.room;

/** Whatever is wrong is told by the deliveries that meet it too. */
async function isAnswered(question: Question, signal: AbortSignal): Promise<boolean> {
  return await question(signal).then(
    () => true,
    () => false,
  );
}

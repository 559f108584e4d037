import type { Clock } from '../../clock.ts';
import type { Caller } from './users.ts';

/** Synapse drops an answer from memory 30 to 60 minutes after it was given. */
const generationMs = 30 * 60_000;

/** Answers to requests with a transaction id, by path, user and device; a restart loses them. */
export class AnswerMemory<Answer> {
  readonly #clock: Clock;
  #young = new Map<string, Answer>();
  #old = new Map<string, Answer>();
  #sinceMs: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#sinceMs = clock.now();
  }

  /** The answer to the same request of the same caller. */
  get(caller: Caller, path: string): Answer | undefined {
    this.#turnGenerations();
    const key = keyOf(caller, path);
    return this.#young.get(key) ?? this.#old.get(key);
  }

  set(caller: Caller, path: string, answer: Answer): void {
    this.#young.set(keyOf(caller, path), answer);
  }

  clear(): void {
    this.#young.clear();
    this.#old.clear();
  }

  #turnGenerations(): void {
    const nowMs = this.#clock.now();
    if (nowMs - this.#sinceMs < generationMs) return;
    const skipped = nowMs - this.#sinceMs >= 2 * generationMs;
    this.#old = skipped ? new Map() : this.#young;
    this.#young = new Map();
    this.#sinceMs = nowMs;
  }
}

const keyOf = (caller: Caller, path: string): string =>
  `${caller.userId}\n${caller.deviceId ?? caller.accessToken}\n${path}`;

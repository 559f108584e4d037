import type { ChaosOptions } from './options.ts';

/** Spreads messages that are counted over the lives there will be; without a count there is no limit. */
export class Ration {
  /** How many each room gets. */
  readonly perRoom: number;
  readonly isCounted: boolean;
  readonly #lives: number;
  #life = 1;
  #nextLife = Promise.withResolvers<void>();

  constructor({ messages, rooms, kills }: Pick<ChaosOptions, 'messages' | 'rooms' | 'kills'>) {
    this.isCounted = messages !== undefined;
    this.perRoom = Math.ceil((messages ?? 0) / rooms);
    this.#lives = kills + 1;
  }

  /** Resolves when the message of this number in its room belongs to this life or one before. */
  async allows(number: number): Promise<void> {
    while (this.isCounted && number > Math.ceil((this.perRoom * this.#life) / this.#lives)) {
      await this.#nextLife.promise;
    }
  }

  lifeEnded(): void {
    this.#life++;
    this.#nextLife.resolve();
    this.#nextLife = Promise.withResolvers();
  }

  /** Everything that is left may be sent. */
  end(): void {
    this.#life = this.#lives;
    this.lifeEnded();
  }
}

import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { Secret } from '../config/secret.ts';
import type { GatewaySettings } from '../gateway/settings.ts';
import type { Engine } from './engine.ts';
import { gatewaySettings } from './gateway-settings.ts';
import { HomeserverSurvey } from './homeserver-survey.ts';

/** The gateway's settings of now: made anew when the configuration changes, or what is known of rooms and accounts. */
export class CurrentSettings {
  readonly #engine: Engine;
  readonly #survey: HomeserverSurvey;
  #config: Config<Secret>;
  #settings: GatewaySettings;

  private constructor(engine: Engine, config: Config<Secret>, clock: Clock) {
    this.#engine = engine;
    this.#config = config;
    this.#survey = new HomeserverSurvey({
      clock,
      userId: async (account, signal) =>
        await engine.accounts.withSession(
          account,
          (session) => Promise.resolve(session.userId),
          signal,
        ),
      findRoom: async (key, signal) => await engine.sender.find(key, signal),
      onNews: () => void this.#refresh(),
    });
    this.#settings = gatewaySettings(config, [], this.#survey.found);
    engine.onRoomsChanged(() => void this.#refresh());
  }

  static async open(
    engine: Engine,
    config: Config<Secret>,
    clock: Clock,
  ): Promise<CurrentSettings> {
    const current = new CurrentSettings(engine, config, clock);
    await current.use(config);
    return current;
  }

  get settings(): GatewaySettings {
    return this.#settings;
  }

  get config(): Config<Secret> {
    return this.#config;
  }

  /**
   * Uses this configuration from now on; if it rejects, nothing has changed. What is known of rooms is in memory once it
   * was read, so of a second one it refuses nothing.
   * @throws Failure storage_failed, storage_busy
   */
  async use(config: Config<Secret>): Promise<void> {
    const known = await this.#engine.sender.rooms();
    this.#config = config;
    this.#survey.begin(config, known);
    this.#settings = gatewaySettings(config, known, this.#survey.found);
  }

  /** Asks nobody any more. */
  close(): void {
    this.#survey.close();
  }

  async #refresh(): Promise<void> {
    const known = await this.#engine.sender.rooms();
    this.#settings = gatewaySettings(this.#config, known, this.#survey.found);
  }
}

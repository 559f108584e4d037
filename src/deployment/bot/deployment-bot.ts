import { type Clock, pause } from '../../clock.ts';
import { Failure, type FailureCode } from '../../errors.ts';
import type { Homeserver } from '../../matrix/homeserver.ts';
import type { UserId } from '../../matrix/ids.ts';
import type { Session } from '../../matrix/session.ts';
import { untilAborted } from '../../until-aborted.ts';
import { RoomLocks } from '../rooms/room-locks.ts';
import type { BotEvent, BotStatus } from './bot-event.ts';
import type { BotTrouble, BotTroubleKind } from './bot-trouble.ts';
import { botTroubleOf } from './bot-trouble-of.ts';
import type { KeptToken } from './kept-token.ts';
import { liftLimits } from './lift-limits.ts';
import { type BotLook, lookAtBot } from './look-at-bot.ts';
import { PatientHomeserver } from './patient-homeserver.ts';
import { recoverSession } from './recover-session.ts';
import { RefusedSecret } from './refused-secret.ts';
import type { Rescuer } from './rescue-bot.ts';
import { TokenFile } from './token-file.ts';

export interface BotSettings {
  readonly userId: UserId;
  readonly homeserver: Homeserver;
  /** Path of the file that keeps the access token. */
  readonly tokenFile: string;
  /** Reads Synapse's registration secret each time it is needed; undefined: there is none. @throws when it cannot. */
  readonly readSecret: () => Promise<string | undefined>;
}

export interface BotPorts {
  readonly clock: Clock;
  /** So many random bytes as lower-case hex. */
  readonly randomHex: (bytes: number) => string;
  readonly onEvent: (event: BotEvent) => void;
}

/** The first wait for a homeserver that is just starting. */
const waitMsMin = 1000;
/** A homeserver that comes back is noticed within this. */
const waitMsMax = 30_000;

/** What only a person can change: asking again would hammer a homeserver that has said no. */
const final: Partial<Record<BotTroubleKind, FailureCode>> = {
  wrong_secret: 'bot_refused',
  wrong_server: 'deployment_invalid',
  name_refused: 'matrix_refused',
};

/**
 * The account that does everything, as an administrator of its homeserver. It gets its own token with the registration
 * secret, mends its account with a second administrator when something was done to it, and waits for a homeserver that
 * is away for ever.
 */
export class DeploymentBot {
  readonly userId: UserId;
  readonly #settings: BotSettings;
  readonly #ports: BotPorts;
  readonly #homeserver: Homeserver;
  readonly #tokenFile: TokenFile;
  readonly #refused: RefusedSecret;
  readonly #rescue: { rescuer: Rescuer | undefined } = { rescuer: undefined };
  readonly #turn = new RoomLocks();
  #limitsLifted: string | undefined;
  #status: BotStatus = { state: 'starting' };

  constructor(settings: BotSettings, ports: BotPorts) {
    this.userId = settings.userId;
    this.#settings = settings;
    this.#ports = ports;
    this.#homeserver = new PatientHomeserver(settings.homeserver, ports.clock);
    this.#tokenFile = new TokenFile(settings.tokenFile);
    this.#refused = new RefusedSecret(ports.clock);
  }

  get status(): BotStatus {
    return this.#status;
  }

  /**
   * A session that has just been proven to administer, however long that takes. Its homeserver waits where it is told
   * to wait. Ask at the beginning of each round of work: whatever happened to the account since is mended here.
   * @throws Failure bot_refused (another secret), deployment_invalid (another server name), matrix_refused (the name is
   * not allowed): what no waiting mends. @throws the signal's reason when it aborts.
   */
  async session(signal: AbortSignal): Promise<Session> {
    const session = this.#turn.run('session', async () => await this.#wait(signal));
    // Whoever waits for another's turn has no more patience than its own signal.
    return await untilAborted(session, signal, asError);
  }

  /**
   * How the bot is, without changing anything, neither here nor on the homeserver; a homeserver that is away is not
   * waited for. @throws BotTrouble
   */
  async look(signal: AbortSignal): Promise<BotLook> {
    try {
      return await lookAtBot(this.#kept, signal);
    } catch (error) {
      signal.throwIfAborted();
      throw botTroubleOf(error);
    }
  }

  get #kept(): KeptToken {
    return {
      homeserver: this.#homeserver,
      userId: this.userId,
      tokenFile: this.#tokenFile,
      readSecret: this.#settings.readSecret,
    };
  }

  async #wait(signal: AbortSignal): Promise<Session> {
    for (let waitMs = waitMsMin; ; waitMs = Math.min(waitMs * 2, waitMsMax)) {
      signal.throwIfAborted();
      const result = await this.#attempt(signal);
      if (!(result instanceof Error)) return result;
      const { kind: trouble, message: detail } = result;
      const code = final[trouble];
      if (code !== undefined) {
        this.#status = { state: 'refused', trouble, detail };
        this.#ports.onEvent({ kind: 'refused', trouble, detail });
        throw new Failure(code, { detail, cause: result });
      }
      const thisWaitMs = Math.max(waitMs, result.retryAfterMs ?? 0);
      this.#status = { state: 'waiting', trouble, detail };
      this.#ports.onEvent({ kind: 'waiting', trouble, detail, waitMs: thisWaitMs });
      await pause(this.#ports.clock, thisWaitMs, signal);
    }
  }

  async #attempt(signal: AbortSignal): Promise<Session | BotTrouble> {
    try {
      const session = await recoverSession(
        {
          ...this.#kept,
          refused: this.#refused,
          rescue: this.#rescue,
          clock: this.#ports.clock,
          randomHex: this.#ports.randomHex,
          onEvent: this.#ports.onEvent,
        },
        signal,
      );
      if (this.#limitsLifted !== session.accessToken) {
        await this.#liftLimits(session, signal);
      }
      if (this.#status.state !== 'ready') this.#ports.onEvent({ kind: 'ready' });
      this.#status = { state: 'ready' };
      return session;
    } catch (error) {
      signal.throwIfAborted();
      return botTroubleOf(error);
    }
  }

  async #liftLimits(session: Session, signal: AbortSignal): Promise<void> {
    const detail = await liftLimits(session, signal);
    if (detail !== undefined) this.#ports.onEvent({ kind: 'limited', detail });
    this.#limitsLifted = session.accessToken;
  }
}

const asError = (reason: unknown): Error =>
  reason instanceof Error ? reason : new Error('aborted', { cause: reason });

import { callText, type TextRequest } from '../matrix/call-text.ts';
import type { UserId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import type { SessionSource } from './session-source.ts';

/** The account speaks from another device than the one whose keys are open: they must be opened anew. */
export class DeviceChanged extends Error {
  override readonly name = 'DeviceChanged';
}

/**
 * An account's session for as long as it is the session of one device: what belongs to its keys never goes out under
 * another device's name.
 */
export class DeviceSession {
  readonly account: string;
  readonly userId: UserId;
  readonly deviceId: string;
  readonly #sessions: SessionSource;

  private constructor(account: string, session: Session, sessions: SessionSource) {
    this.account = account;
    this.userId = session.userId;
    this.deviceId = session.deviceId;
    this.#sessions = sessions;
  }

  /** The device that the account speaks from now. */
  static async of(
    account: string,
    sessions: SessionSource,
    signal: AbortSignal,
  ): Promise<DeviceSession> {
    return await sessions.withSession(
      account,
      async (session) => await Promise.resolve(new DeviceSession(account, session, sessions)),
      signal,
    );
  }

  /** @throws DeviceChanged before `operation` is called for another device's session */
  async run<Result>(
    operation: (session: Session) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result> {
    return await this.#sessions.withSession(
      this.account,
      async (session) => {
        if (session.deviceId === this.deviceId && session.userId === this.userId) {
          return await operation(session);
        }
        throw new DeviceChanged(`Account ${this.account} speaks from another device.`);
      },
      signal,
    );
  }

  /** The text of an answer. @throws DeviceChanged, MatrixError, TransportError */
  async call(request: TextRequest, signal: AbortSignal): Promise<string> {
    return await this.run(async (session) => await callText(session, request, signal), signal);
  }
}

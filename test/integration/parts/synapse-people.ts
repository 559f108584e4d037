import { registerAccount } from '../../../src/accounts/register-account.ts';
import type { Homeserver } from '../../../src/matrix/homeserver.ts';
import { parseUserId, type UserId } from '../../../src/matrix/ids.ts';
import { loginPassword } from '../../../src/matrix/login.ts';
import type { Session } from '../../../src/matrix/session.ts';
import { openHomeserver } from '../../../src/matrix/undici-homeserver.ts';
import type { Synapse } from '../../synapse/start-synapse.ts';

/** None of these calls waits for anything; a busy machine may take many seconds. */
const deadlineMs = 30_000;

/** An account on the homeserver, not logged in. */
export interface Member {
  readonly userId: UserId;
  readonly password: string;
}

/** A signal for one call of a test. */
export function soon(): AbortSignal {
  return AbortSignal.timeout(deadlineMs);
}

/** The accounts of one Synapse, made and spoken for through the real client. */
export class SynapsePeople implements AsyncDisposable {
  readonly synapse: Synapse;
  readonly homeserver: Homeserver;
  #count = 0;

  constructor(synapse: Synapse) {
    this.synapse = synapse;
    this.homeserver = openHomeserver(synapse.baseUrl);
  }

  /** Registers by shared secret, under a name nobody has. */
  async register(prefix: string, admin = false): Promise<Member> {
    const userId = parseUserId(`@${prefix}-${this.#count++}:${this.synapse.serverName}`);
    if (userId === undefined) throw new Error(`${prefix} cannot begin a localpart.`);
    const password = `password of ${prefix}`;
    const { baseUrl, registrationSharedSecret: sharedSecret } = this.synapse;
    const came = await registerAccount(
      { userId, homeserver: baseUrl, sharedSecret, password, admin },
      { openHomeserver },
      soon(),
    );
    if (came.kind !== 'made') throw came.failure;
    return { userId, password };
  }

  /** Logs in, on a new device unless one is named. */
  async logIn({ userId, password }: Member, deviceId?: string): Promise<Session> {
    const login = await loginPassword(
      this.homeserver,
      { user: userId, password, deviceId },
      soon(),
    );
    const { accessToken } = login;
    return { homeserver: this.homeserver, userId, deviceId: login.deviceId, accessToken };
  }

  /** Registers and logs in. */
  async arrive(prefix: string, admin = false): Promise<Session> {
    return await this.logIn(await this.register(prefix, admin));
  }

  /** An account of a gateway's configuration that logs in by itself. */
  accountOf({ userId, password }: Member): object {
    return { user_id: userId, homeserver: this.synapse.baseUrl, password };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.homeserver.close();
  }
}

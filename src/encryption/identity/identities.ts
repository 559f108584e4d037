import type { PublishedKeys } from '../../matrix/keys.ts';
import type { Session } from '../../matrix/session.ts';
import type { CryptoDevice } from '../crypto-device.ts';
import type { IdentityState } from '../encryption.ts';
import type { IdentityContext } from './identity-context.ts';
import { examineIdentity, type Judgement, judgeIdentity } from './judge-identity.ts';
import type { IdentityKept } from './publish-identity.ts';
import { recoverIdentity } from './recover-identity.ts';
import { resetIdentity } from './reset-identity.ts';
import { setUpIdentity } from './set-up-identity.ts';
import type { RandomBytes } from './ssss.ts';
import type { Authenticate } from './upload-authenticated.ts';

/** Whose identity is meant. */
export interface IdentityOwner {
  /** The account's name in the configuration. */
  readonly account: string;
  /** Of the device that is open, and none other. */
  readonly session: Session;
  readonly device: CryptoDevice;
}

/** No two openings have the same id with as many bits. */
const openingIdBytes = 16;

/**
 * The cross-signing identities of the accounts of one process. While one of these calls runs for a device, nobody else
 * makes its requests: two uploads of keys at once end in an error.
 */
export class Identities {
  readonly #randomBytes: RandomBytes;
  readonly #openings = new WeakMap<CryptoDevice, string>();

  constructor(randomBytes: RandomBytes) {
    this.#randomBytes = randomBytes;
  }

  /** As the function `judgeIdentity`. */
  async judge(owner: IdentityOwner, signal: AbortSignal): Promise<IdentityState> {
    return await judgeIdentity(this.#context(owner, signal));
  }

  /** As the function `examineIdentity`. */
  async examine(
    owner: IdentityOwner,
    shown: PublishedKeys | undefined,
    signal: AbortSignal,
  ): Promise<Judgement> {
    return await examineIdentity(this.#context(owner, signal), shown);
  }

  /** As the function `setUpIdentity`. */
  async setUp(
    owner: IdentityOwner,
    authenticate: Authenticate,
    signal: AbortSignal,
  ): Promise<IdentityKept> {
    return await setUpIdentity(this.#context(owner, signal), authenticate);
  }

  /** As the function `recoverIdentity`. */
  async recover(owner: IdentityOwner, recoveryKey: string, signal: AbortSignal): Promise<void> {
    await recoverIdentity(this.#context(owner, signal), recoveryKey);
  }

  /** As the function `resetIdentity`. */
  async reset(
    owner: IdentityOwner,
    authenticate: Authenticate,
    signal: AbortSignal,
  ): Promise<IdentityKept> {
    return await resetIdentity(this.#context(owner, signal), authenticate);
  }

  #context(owner: IdentityOwner, signal: AbortSignal): IdentityContext {
    const randomBytes = this.#randomBytes;
    let opening = this.#openings.get(owner.device);
    if (opening === undefined) {
      opening = Buffer.from(randomBytes(openingIdBytes)).toString('hex');
      this.#openings.set(owner.device, opening);
    }
    return { ...owner, opening, randomBytes, signal };
  }
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import type { SourceSettings } from './settings.ts';

/** What a façade token says once its seal was found right. */
export interface FacadeLogin {
  readonly source: SourceSettings;
  /** Different for every login. */
  readonly loginId: string;
}

const prefix = 'bh_';
const loginIdBytes = 16;
/** The longest token ever made: a source's name is at most 64 characters; longer ones are not looked at. */
const tokenLengthMax = 512;
const none = new Uint8Array();

/**
 * Access tokens that a login gives out. They carry their source and a seal under `key`, so they need no storage, survive
 * a restart and end when the source's own token does.
 */
export class FacadeTokens {
  readonly #key: Uint8Array;
  readonly #randomBytes: (count: number) => Uint8Array;

  /** @param key - secret, at least 32 bytes, the same after a restart */
  constructor(key: Uint8Array, randomBytes: (count: number) => Uint8Array) {
    this.#key = key;
    this.#randomBytes = randomBytes;
  }

  /** A fresh token for `source`. @param digest - of the source's token that was shown; undefined: it has none */
  issue(source: SourceSettings, digest: Uint8Array | undefined): string {
    const name = Buffer.from(source.name).toString('base64url');
    const loginId = Buffer.from(this.#randomBytes(loginIdBytes)).toString('base64url');
    const seal = this.#seal(name, loginId, digest ?? none).toString('base64url');
    return `${prefix}${name}.${loginId}.${seal}`;
  }

  /** Whose token this is; undefined: it is no valid token of a source that still has the token it was made with. */
  verify(token: string, sources: ReadonlyMap<string, SourceSettings>): FacadeLogin | undefined {
    if (!token.startsWith(prefix) || token.length > tokenLengthMax) return undefined;
    const [name = '', loginId = '', seal = ''] = token.slice(prefix.length).split('.');
    const source = sources.get(Buffer.from(name, 'base64url').toString());
    if (source === undefined) return undefined;
    const given = Buffer.from(seal, 'base64url');
    const digests = source.auth === 'none' ? [none] : source.auth;
    let isValid = false;
    for (const digest of digests) {
      const right = this.#seal(name, loginId, digest);
      // No early end: how long it takes says nothing about which token it was.
      if (given.length === right.length && timingSafeEqual(given, right)) isValid = true;
    }
    return isValid ? { source, loginId } : undefined;
  }

  #seal(name: string, loginId: string, digest: Uint8Array): Buffer {
    return createHmac('sha256', this.#key)
      .update(`facade token\u0000${name}\u0000${loginId}\u0000`)
      .update(digest)
      .digest();
  }
}

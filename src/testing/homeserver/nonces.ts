import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { IdSource } from './id-source.ts';

/** Synapse forgets a nonce after a minute. */
const nonceAgeMsMax = 60_000;

/** The single-use nonces of Synapse's registration by shared secret. */
export class Nonces {
  readonly #clock: Clock;
  readonly #ids: IdSource;
  readonly #secret: string;
  readonly #issuedMs = new Map<string, number>();

  constructor(clock: Clock, ids: IdSource, secret: string) {
    this.#clock = clock;
    this.#ids = ids;
    this.#secret = secret;
  }

  issue(): string {
    const nonce = this.#ids.chars(64);
    this.#issuedMs.set(nonce, this.#clock.now());
    return nonce;
  }

  /** True once for each nonce younger than a minute. */
  take(nonce: string): boolean {
    const issuedMs = this.#issuedMs.get(nonce);
    this.#issuedMs.delete(nonce);
    return issuedMs !== undefined && this.#clock.now() - issuedMs <= nonceAgeMsMax;
  }

  /** Whether `mac` is the HMAC-SHA1 in hex of the parts, each parted from the next by a NUL. */
  isMac(mac: string, parts: readonly string[]): boolean {
    const expected = createHmac('sha1', this.#secret).update(parts.join('\0')).digest();
    const given = Buffer.from(mac, 'hex');
    return given.length === expected.length && timingSafeEqual(given, expected);
  }
}

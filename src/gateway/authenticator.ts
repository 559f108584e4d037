import { hash, timingSafeEqual } from 'node:crypto';
import type { FacadeTokens } from './facade-tokens.ts';
import type { GatewaySettings, SourceSettings } from './settings.ts';

/** Who makes a request. */
export type Caller =
  | {
      readonly kind: 'source';
      readonly source: SourceSettings;
      /** Tells the logins of a source apart; empty: its own token. */
      readonly loginId: string;
      /** Came without a token through a local listener: may send, and nothing else. */
      readonly sendsOnly: boolean;
    }
  | { readonly kind: 'operator'; readonly name: string };

export type SourceCaller = Extract<Caller, { kind: 'source' }>;

interface Credential {
  readonly digest: Uint8Array;
  readonly caller: Caller;
}

/** The SHA-256 digest of a token: the form in which the gateway keeps it. */
export function tokenDigest(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

export function sourceCaller(
  source: SourceSettings,
  loginId = '',
  sendsOnly = false,
): SourceCaller {
  return { kind: 'source', source, loginId, sendsOnly };
}

function credentialsOf(settings: GatewaySettings): Credential[] {
  const credentials: Credential[] = [];
  for (const source of settings.sources.values()) {
    if (source.auth === 'none') continue;
    const caller = sourceCaller(source);
    for (const digest of source.auth) credentials.push({ digest, caller });
  }
  for (const { name, tokens } of settings.operators) {
    for (const digest of tokens) credentials.push({ digest, caller: { kind: 'operator', name } });
  }
  return credentials;
}

/** Tells callers by their tokens, in a time that does not depend on which token it is. */
export class Authenticator {
  readonly #facadeTokens: FacadeTokens;
  #settings: GatewaySettings | undefined;
  #credentials: readonly Credential[] = [];

  constructor(facadeTokens: FacadeTokens) {
    this.#facadeTokens = facadeTokens;
  }

  /** Undefined: nobody has this token. */
  identify(settings: GatewaySettings, token: string): Caller | undefined {
    if (settings !== this.#settings) {
      this.#settings = settings;
      this.#credentials = credentialsOf(settings);
    }
    const digest = tokenDigest(token);
    let caller: Caller | undefined;
    for (const credential of this.#credentials) {
      // No early end, and digests are compared whole.
      if (timingSafeEqual(digest, credential.digest)) caller = credential.caller;
    }
    if (caller !== undefined) return caller;
    const login = this.#facadeTokens.verify(token, settings.sources);
    return login === undefined ? undefined : sourceCaller(login.source, login.loginId);
  }
}

import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { Caller } from './authenticator.ts';
import { Authenticator, sourceCaller } from './authenticator.ts';
import { FacadeTokens } from './facade-tokens.ts';
import type { GatewayDeps } from './gateway-deps.ts';
import { RateLimiter } from './rate-limiter.ts';
import { settingsOf } from './request-state.ts';
import { type ParsedQuery, requestToken } from './request-token.ts';
import type { GatewaySettings } from './settings.ts';
import { Submitter } from './submitter.ts';
import { Waiting } from './waiting.ts';

interface Recognised {
  readonly settings: GatewaySettings;
  readonly token: string;
  readonly caller: Caller;
}

const lastCaller = Symbol('lastCaller');

/** Who spoke last on a kept connection, so that the token need not be digested for each of its requests. */
interface KnownSocket extends Socket {
  [lastCaller]?: Recognised;
}

/** What all routes of one gateway share. */
export class GatewayContext {
  readonly deps: GatewayDeps;
  readonly submitter: Submitter;
  readonly waiting: Waiting;
  readonly limiter: RateLimiter;
  readonly facadeTokens: FacadeTokens;
  readonly #authenticator: Authenticator;
  /** Connections of listeners that need no token for sending. */
  readonly localSockets: WeakSet<object> = new WeakSet();
  isDraining = false;

  constructor(deps: GatewayDeps) {
    this.deps = deps;
    this.submitter = new Submitter(deps);
    this.waiting = new Waiting(deps.clock, deps.outbox);
    this.limiter = new RateLimiter(deps.clock);
    this.facadeTokens = new FacadeTokens(deps.facadeKey, (count) => deps.randomBytes(count));
    this.#authenticator = new Authenticator(this.facadeTokens);
  }

  /** Who shows this token; undefined: nobody. */
  identify(request: FastifyRequest, token: string): Caller | undefined {
    const settings = settingsOf(request);
    const socket = request.raw.socket as KnownSocket;
    const last = socket[lastCaller];
    // How long this takes tells only what the same connection has shown before.
    if (last?.settings === settings && last.token === token) return last.caller;
    const caller = this.#authenticator.identify(settings, token);
    if (caller !== undefined) socket[lastCaller] = { settings, token, caller };
    return caller;
  }

  /** The token a request shows; undefined: none. */
  tokenOf(request: FastifyRequest): string | undefined {
    return requestToken(request.raw.headers, request.query as ParsedQuery);
  }

  /** Whoever came through a local listener without a token; undefined: nobody may. */
  localCaller(request: FastifyRequest): Caller | undefined {
    const { local } = settingsOf(request);
    if (local === undefined || !this.localSockets.has(request.raw.socket)) return undefined;
    return sourceCaller(local, '', true);
  }
}

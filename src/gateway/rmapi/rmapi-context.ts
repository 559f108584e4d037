import type { FastifyRequest } from 'fastify';
import type { ReadinessCheck } from '../gateway-deps.ts';
import { bodyOf } from '../read-body.ts';
import { SeldomTold } from '../seldom-told.ts';
import { trustedProxies } from '../settings.ts';
import {
  type CallerIdentity,
  type HeaderTrust,
  identityOfCertificate,
  identityOfHeaders,
} from './caller-identity.ts';
import { type JsonBody, readJsonBody } from './read-json-body.ts';
import type { RmapiDeps } from './rmapi-deps.ts';
import { RmapiRefusal } from './rmapi-refusal.ts';
import type { ServerTrust } from './server-trust.ts';
import { type UserRequest, validateUser } from './validate-body.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** As it was sent: hidden from the router, which would refuse what it cannot parse. */
    rmapiContentType: string | undefined;
  }
}

/** Who may make a call: whoever has a certificate, the caller alone, or the caller on its own behalf. */
export type Audience = 'any certificate' | 'caller' | 'caller itself';

/** The headers that the caller's product proxy adds to what any user sends through it. */
const proxiedHeaders = ['x-rasenmaeher-proxy', 'x-proxy-callsign'];

/** What all routes of the drop-in share. */
export class RmapiContext {
  readonly deps: RmapiDeps;
  readonly trust: HeaderTrust;
  readonly #serverTrust: ServerTrust | undefined;
  readonly #refusedCallers: SeldomTold;
  isDraining = false;

  constructor(deps: RmapiDeps, serverTrust: ServerTrust | undefined) {
    this.deps = deps;
    this.#serverTrust = serverTrust;
    this.#refusedCallers = new SeldomTold(deps.clock);
    const { certificateHeader, linkerd, trustedProxies: proxies } = deps.settings;
    this.trust = {
      headerName: certificateHeader.toLowerCase(),
      proxies: trustedProxies(proxies),
      linkerd: linkerd && { ...linkerd, headerName: linkerd.headerName.toLowerCase() },
    };
  }

  /** Whether the listener's certificates are in order; undefined: it has none. */
  trustCheck(): ReadinessCheck | undefined {
    return this.#serverTrust?.check();
  }

  /**
   * Lets a request in that has no body to check.
   *
   * @throws RmapiRefusal 403
   */
  admit(request: FastifyRequest, audience: Audience): void {
    this.#requireAudience(request, this.#identify(request), audience);
  }

  /**
   * Lets a request in and reads its body, in the original's order: malformed JSON, who it is, what it says, whether that
   * one may.
   *
   * @throws RmapiRefusal 400, 403, 422
   */
  admitBody<T>(request: FastifyRequest, audience: Audience, validate: (body: JsonBody) => T): T {
    const body = readJsonBody(bodyOf(request.body), request.rmapiContentType);
    const identity = this.#identify(request);
    const valid = validate(body);
    this.#requireAudience(request, identity, audience);
    return valid;
  }

  /** As `admitBody`, for the body that nearly all calls have. */
  admitUser(request: FastifyRequest, audience: Audience): UserRequest {
    return this.admitBody(request, audience, validateUser);
  }

  /** @throws RmapiRefusal 403: never 401, which the caller would take for something else */
  #identify(request: FastifyRequest): CallerIdentity & { kind: 'known' } {
    const { raw } = request;
    const identity =
      this.deps.settings.tls === undefined
        ? identityOfHeaders(raw, this.trust)
        : identityOfCertificate(raw, this.deps.clock.now());
    switch (identity.kind) {
      case 'known':
        return identity;
      case 'unknown':
        throw this.#refusal(request, 'Not authenticated', identity);
      case 'unreadable':
        throw this.#refusal(request, 'Invalid authentication', identity);
    }
  }

  /** What a refused caller is told, and what the log is told of it. */
  #refusal(
    request: FastifyRequest,
    detail: string,
    { why, commonName }: { readonly why: string; readonly commonName?: string | undefined },
  ): RmapiRefusal {
    const route = `${request.method} ${request.routeOptions.url ?? 'unknown'}`;
    const peer = request.raw.socket.remoteAddress;
    if (this.#refusedCallers.isDue(JSON.stringify([why, commonName])))
      this.deps.events.callerRefused({ route, why, commonName, peer });
    return new RmapiRefusal(403, detail);
  }

  #requireAudience(
    request: FastifyRequest,
    { commonName }: CallerIdentity & { kind: 'known' },
    audience: Audience,
  ): void {
    if (audience === 'any certificate') return;
    const isProxied = proxiedHeaders.some((name) => request.headers[name] !== undefined);
    const { callerCommonName } = this.deps.settings;
    if (commonName !== callerCommonName) {
      const why = `only ${callerCommonName} may, by the manifest's rasenmaeher.certcn`;
      throw this.#refusal(request, 'Forbidden', { why, commonName });
    }
    if (isProxied && audience === 'caller itself') {
      const why = "it comes through the caller's product proxy";
      throw this.#refusal(request, 'Forbidden', { why, commonName });
    }
  }
}

import type { Clock } from '../../clock.ts';
import type { PersonChange } from '../../people/lifecycle-change.ts';
import type { FailedHandshake } from '../failed-handshakes.ts';
import type { ReadinessCheck } from '../gateway-deps.ts';
import type { LinkerdSettings } from './caller-identity.ts';
import type { TlsFiles } from './tls-files.ts';

/** What the deployment and its operator decide. */
export interface RmapiSettings {
  /** `host:port`. */
  readonly listen: string;
  /** The deployment's name, as users know it. */
  readonly deployment: string;
  /** The common name of the certificate that the caller has. */
  readonly callerCommonName: string;
  /** The deployment's own address: its pages may read answers. */
  readonly deployUrl: string;
  /** The homeserver's address for people's clients. */
  readonly homeserverUrl: string;
  /** The header that holds the client certificate's name. */
  readonly certificateHeader: string;
  readonly linkerd: LinkerdSettings | undefined;
  /** IP addresses and networks of the proxies whose headers count. */
  readonly trustedProxies: readonly string[];
  /** Undefined: plain HTTP behind a proxy. */
  readonly tls: TlsFiles | undefined;
  /** `host:port` where health alone is told, in plain HTTP: a prober has no certificate. Undefined: nowhere. */
  readonly healthListen: string | undefined;
  /** What the health check says while the integration does not work: `always` healthy as the original, or the truth. */
  readonly health: 'always' | 'truthful';
  /** The directory of the browser part; undefined: a proxy serves it. */
  readonly uiDirectory: string | undefined;
}

/** What became of a lifecycle call. */
export type LifecycleResult = 'recorded' | 'refused' | 'failed';

/** Whoever was told 403. */
export interface RefusedCaller {
  /** As in `POST /api/v1/users/created`. */
  readonly route: string;
  /** What a person can look for. */
  readonly why: string;
  /** Of the certificate; undefined: it has none, or none that can be read. */
  readonly commonName: string | undefined;
  /** The IP address of the TCP peer. */
  readonly peer: string | undefined;
}

/** What the door reports as it happens; listeners must not throw and must return at once. */
export interface RmapiEvents {
  lifecycle(call: {
    readonly action: PersonChange['kind'];
    readonly result: LifecycleResult;
    /** Why it was not recorded: a code of the catalogue. */
    readonly code?: string | undefined;
  }): void;
  /** A call was refused for who it came from; told once in a minute for each name and reason. */
  callerRefused(caller: RefusedCaller): void;
  handshakeFailed(failed: FailedHandshake): void;
  /** An error without a name; the caller saw a bare 500. */
  incident(incident: { readonly route: string; readonly cause: unknown }): void;
  /** New certificates or revocation lists are in force. */
  trustReplaced(): void;
  /** New files cannot be used; the old ones stay in force. */
  trustRefused(refusal: { readonly why: string; readonly cause: unknown }): void;
  /** What is in force refuses clients that it should not: a revocation list or certificate that has expired. */
  trustLost(loss: { readonly detail: string }): void;
}

/** All that the drop-in's door needs of the rest of the house. */
export interface RmapiDeps {
  readonly settings: RmapiSettings;
  readonly people: {
    /** Durable when it resolves. @throws Failure bad_input for a name nobody can have, storage_* */
    change(change: PersonChange): Promise<unknown>;
  };
  readonly clock: Clock;
  readonly events: RmapiEvents;
  readiness(): Promise<{ readonly ready: boolean; readonly checks: readonly ReadinessCheck[] }>;
  readonly version: string;
}

import type { FailedHandshake } from './failed-handshakes.ts';

/** What became of a call that brought something to deliver. */
export type ArrivalResult = 'accepted' | 'duplicate' | 'refused' | 'deferred';

/** What the gateway reports as it happens; listeners must not throw and must return at once. */
export interface GatewayEvents {
  received(arrival: {
    /** The source's name; undefined: the caller is not known. */
    readonly source: string | undefined;
    /** The format it was understood as, or the door it came to. */
    readonly format: string;
    readonly result: ArrivalResult;
    /** The notification's id, where there is one. */
    readonly id?: string | undefined;
    /** Why it was not accepted: a code of the catalogue. */
    readonly code?: string | undefined;
  }): void;
  /** An operator changed something. */
  operated(action: {
    readonly operator: string;
    readonly action: 'wake' | 'redrive' | 'cancel' | 'redact';
    readonly id: string;
  }): void;
  /** An error without a name in the catalogue; the caller was told the incident's id and nothing else. */
  incident(incident: {
    readonly incidentId: string;
    /** Method and route pattern, never the path itself: it may hold a token. */
    readonly route: string;
    readonly cause: unknown;
  }): void;
  listening(listener: { readonly address: string }): void;
  handshakeFailed(failed: FailedHandshake): void;
  /** The gateway stopped taking calls; `cut`: connections that had to be broken off at the deadline. */
  drained(end: { readonly cut: number }): void;
}

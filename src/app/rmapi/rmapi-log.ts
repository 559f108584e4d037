import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { MissingManifest } from '../../config/rmapi-environment.ts';
import type { RefusedCaller, RmapiEvents } from '../../gateway/rmapi/rmapi-deps.ts';
import type { TelemetryEvents } from '../../telemetry/events.ts';

const missingDetails: Readonly<Record<MissingManifest['instead'], string>> = {
  made_up:
    'There is no manifest, so rooms, caller and addresses have made-up names, as in a test. Put it there, or name it in BELLHOP_RMAPI_MANIFEST, and restart.',
  kept: 'The manifest is gone; what it said at an earlier start counts. Put it back.',
};

/** What SIGHUP led to. */
export interface ReloadOutcome {
  /** `none`: a proxy has the certificates. */
  readonly tls: 'none' | 'same' | 'replaced' | 'refused';
  /** Manifest and environment, which count at a start only. */
  readonly settings: 'same' | 'changed' | 'invalid';
  /** What a person has to know of it. */
  readonly detail?: string | undefined;
}

/**
 * What the drop-in's door reports, as log lines. Nobody's name is in them, as the audit log of the people has it, but for
 * that of a certificate that may not do what it asked for.
 */
export class RmapiLog implements RmapiEvents {
  readonly #logger: Logger;
  readonly #telemetry: Pick<TelemetryEvents, 'handshakeFailed' | 'incident'>;

  constructor(logger: Logger, telemetry: Pick<TelemetryEvents, 'handshakeFailed' | 'incident'>) {
    this.#logger = logger;
    this.#telemetry = telemetry;
  }

  lifecycle({ action, result, code }: Parameters<RmapiEvents['lifecycle']>[0]): void {
    const fields = { action, result, code };
    if (result === 'recorded') this.#logger.info(fields, 'rmapi_change');
    else if (result === 'refused') this.#logger.warn(fields, 'rmapi_change');
    // The caller asks only once, so what was not written down is lost.
    else this.#logger.error(fields, 'rmapi_change');
  }

  callerRefused({ route, why, commonName, peer }: RefusedCaller): void {
    this.#logger.warn({ route, why, commonName, peer }, 'rmapi_caller_refused');
  }

  handshakeFailed(failed: Parameters<RmapiEvents['handshakeFailed']>[0]): void {
    this.#telemetry.handshakeFailed(failed);
  }

  incident({ route, cause }: Parameters<RmapiEvents['incident']>[0]): void {
    this.#telemetry.incident({ incidentId: randomUUID(), route, cause });
  }

  trustReplaced(): void {
    this.#logger.info('rmapi_trust_replaced');
  }

  trustRefused({ why, cause }: Parameters<RmapiEvents['trustRefused']>[0]): void {
    this.#logger.error({ detail: why, err: cause }, 'rmapi_trust_refused');
  }

  trustLost({ detail }: { readonly detail: string }): void {
    this.#logger.error({ detail }, 'rmapi_trust_lost');
  }

  /** Somebody asked for a look at what can change while it runs. */
  reloaded(outcome: ReloadOutcome): void {
    const { tls, settings, detail } = outcome;
    const isAsWished = tls !== 'refused' && settings === 'same';
    this.#logger[isAsWished ? 'info' : 'warn']({ tls, settings, detail }, 'rmapi_reload');
  }

  /** The rooms may have made-up names, on a server that may be a real one. */
  manifestMissing(fields: {
    readonly path: string;
    readonly instead: MissingManifest['instead'];
    readonly deployment: string;
    readonly serverName: string;
  }): void {
    this.#logger.warn(
      { ...fields, detail: missingDetails[fields.instead] },
      'rmapi_manifest_missing',
    );
  }

  /** Should it be gone at another start, the names are made up then. */
  manifestNotKept(cause: unknown): void {
    this.#logger.warn({ err: cause }, 'rmapi_manifest_not_kept');
  }

  /** Another process has the data directory; it is waited for. */
  waitsForOwner(detail: string): void {
    this.#logger.warn({ detail }, 'rmapi_waits_for_owner');
  }
}

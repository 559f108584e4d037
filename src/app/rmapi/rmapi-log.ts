import { randomUUID } from 'node:crypto';
import type { Logger } from 'pino';
import type { RmapiEvents } from '../../gateway/rmapi/rmapi-deps.ts';
import type { TelemetryEvents } from '../../telemetry/events.ts';

/** What the drop-in's door reports, as log lines. Nobody's name is in them: the audit log of the people has it. */
export class RmapiLog implements RmapiEvents {
  readonly #logger: Logger;
  readonly #telemetry: Pick<TelemetryEvents, 'incident'>;

  constructor(logger: Logger, telemetry: Pick<TelemetryEvents, 'incident'>) {
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

  incident({ route, cause }: Parameters<RmapiEvents['incident']>[0]): void {
    this.#telemetry.incident({ incidentId: randomUUID(), route, cause });
  }

  trustReplaced(): void {
    this.#logger.info('rmapi_trust_replaced');
  }

  trustRefused({ cause }: { readonly cause: unknown }): void {
    this.#logger.error({ err: cause }, 'rmapi_trust_refused');
  }

  trustLost({ detail }: { readonly detail: string }): void {
    this.#logger.error({ detail }, 'rmapi_trust_lost');
  }

  /** Another process has the data directory; it is waited for. */
  waitsForOwner(detail: string): void {
    this.#logger.warn({ detail }, 'rmapi_waits_for_owner');
  }
}

import { type Clock, pause } from '../../clock.ts';
import type { Homeserver, MatrixRequest, MatrixResponse } from '../../matrix/homeserver.ts';
import { retryAfterMs } from '../../matrix/retry-after.ts';

/** A new room is due every 62 s by Synapse's defaults; whoever says nothing of when is asked again after a second. */
const waitMsDefault = 1000;
/** The longest limit of Synapse's defaults is 308 s, for logins; what asks for more is left to the next round. */
const waitMsMaxPerRequest = 10 * 60_000;

/** A homeserver that is asked again when it says 429: slower, and never stuck. A limited request was not taken. */
export class PatientHomeserver implements Homeserver {
  readonly baseUrl: string;
  readonly #inner: Homeserver;
  readonly #clock: Clock;

  constructor(inner: Homeserver, clock: Clock) {
    this.baseUrl = inner.baseUrl;
    this.#inner = inner;
    this.#clock = clock;
  }

  async request(request: MatrixRequest): Promise<MatrixResponse> {
    const start = this.#clock.monotonic();
    for (;;) {
      const response = await this.#inner.request(request);
      if (response.status !== 429) return response;
      const waitMs = Math.max(waitMsDefault, retryAfterMs(response.headers, bodyMs(response)) ?? 0);
      const waitedMs = this.#clock.monotonic() - start;
      if (waitedMs + waitMs > waitMsMaxPerRequest) return response;
      await pause(this.#clock, waitMs, request.signal);
      if (request.signal?.aborted === true) return response;
    }
  }

  async close(): Promise<void> {
    await this.#inner.close();
  }
}

function bodyMs({ body }: MatrixResponse): unknown {
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && 'retry_after_ms' in value
      ? value.retry_after_ms
      : undefined;
  } catch {
    return undefined;
  }
}

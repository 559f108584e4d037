/** No rate limit is longer; a broken number must not silence an account for ever. */
const retryAfterMsMax = 24 * 60 * 60 * 1000;

type Headers = Readonly<Record<string, string | undefined>>;

/** Retry-After as milliseconds (RFC 9110 §10.2.3). A date counts from the answer's own Date, so no clock is compared. */
function headerMs(headers: Headers): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d+(\.\d+)?$/.test(value)) return Number(value) * 1000;
  return Date.parse(value) - Date.parse(headers['date'] ?? '');
}

/**
 * How long a 429 or 503 asks to wait: the longer of header and body (Client-Server API "Rate limiting"), 0 to 24 h in
 * whole milliseconds; undefined when it does not say.
 */
export function retryAfterMs(headers: Headers, bodyMs: unknown): number | undefined {
  const waits = [headerMs(headers), typeof bodyMs === 'number' ? bodyMs : undefined].filter(
    (wait) => wait !== undefined && !Number.isNaN(wait),
  );
  if (waits.length === 0) return undefined;
  return Math.ceil(Math.min(Math.max(0, ...(waits as number[])), retryAfterMsMax));
}

import type { Format, IncomingRequest } from './format.ts';

/** The format that is surest to understand the request, the first of equals; undefined if none claims it. */
export function detectFormat(
  request: IncomingRequest,
  formats: readonly Format[],
): Format | undefined {
  let best: Format | undefined;
  let sureness = 0;
  for (const format of formats) {
    const claim = format.recognises(request);
    if (claim > sureness) {
      best = format;
      sureness = claim;
    }
  }
  return best;
}

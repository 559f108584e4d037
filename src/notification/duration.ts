const unitMs: Readonly<Record<string, number>> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
/** Ten years: longer is a slip of the finger, and `never` says it better. */
const durationMsMax = 3650 * 86_400_000;

/** Milliseconds, or `never`. */
export type Duration = number | 'never';

/** Reads `500ms`, `90s`, `5m`, `2h`, `7d`, `1w` or `never`; undefined if it is none of them or above ten years. */
export function parseDuration(text: string): Duration | undefined {
  const trimmed = text.trim();
  if (trimmed === 'never') return 'never';
  const [, digits, unit] = /^(\d{1,12})(ms|s|m|h|d|w)$/.exec(trimmed) ?? [];
  if (digits === undefined || unit === undefined) return undefined;
  const ms = Number(digits) * (unitMs[unit] ?? Number.NaN);
  return ms <= durationMsMax ? ms : undefined;
}

const unitsMs = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 } as const;
type DurationUnit = keyof typeof unitsMs;

/** Ten years: longer is a slip of the finger, and the sum with a wall clock stays a safe integer. */
const durationMsMax = 3650 * unitsMs.d;

const durationPattern = /^(\d{1,12})(ms|s|m|h|d|w)$/;

/** A duration such as `500ms`, `30s`, `5m`, `12h`, `7d` or `2w` in milliseconds; undefined: it is none, or over ten years. */
export function parseDuration(text: string): number | undefined {
  const match = durationPattern.exec(text);
  if (match === null) return undefined;
  const durationMs = Number(match[1]) * unitsMs[match[2] as DurationUnit];
  return durationMs <= durationMsMax ? durationMs : undefined;
}

/** The shortest text that `parseDuration` reads as these whole milliseconds; `never` for undefined. */
export function formatDuration(durationMs: number | undefined): string {
  if (durationMs === undefined) return 'never';
  if (durationMs === 0) return '0s';
  // Weeks are left out: seven days read better than one week in a list of days.
  const unit = (['d', 'h', 'm', 's'] as const).find((name) => durationMs % unitsMs[name] === 0);
  return unit === undefined ? `${durationMs}ms` : `${durationMs / unitsMs[unit]}${unit}`;
}

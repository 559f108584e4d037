/** So many calls in each interval. */
export interface Rate {
  readonly count: number;
  readonly intervalMs: number;
}

const intervalsMs = { s: 1000, m: 60_000, h: 3_600_000 } as const;
type RateUnit = keyof typeof intervalsMs;

const ratePattern = /^([1-9]\d{0,5})\/(s|m|h)$/;

/** A rate such as `10/s`, `100/m` or `5000/h`; undefined: it is none, or not between 1 and 999,999. */
export function parseRate(text: string): Rate | undefined {
  const match = ratePattern.exec(text);
  if (match === null) return undefined;
  return { count: Number(match[1]), intervalMs: intervalsMs[match[2] as RateUnit] };
}

/** The text that `parseRate` reads as this rate. */
export function formatRate(rate: Rate): string {
  const unit = (['s', 'm', 'h'] as const).find((name) => intervalsMs[name] === rate.intervalMs);
  return `${rate.count}/${unit ?? 's'}`;
}

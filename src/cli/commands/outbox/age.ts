/** Each unit with how much of it is one of the next. */
const units = [
  ['s', 60],
  ['m', 60],
  ['h', 24],
] as const;

/** A time span for a table, such as `12s`, `5m`, `3h` or `9d`, rounded down. */
export function age(ms: number): string {
  let count = Math.max(0, Math.floor(ms / 1_000));
  for (const [unit, perNext] of units) {
    if (count < perNext) return `${count}${unit}`;
    count = Math.floor(count / perNext);
  }
  return `${count}d`;
}

const unitsBytes = {
  B: 1,
  kB: 1000,
  MB: 1000 ** 2,
  GB: 1000 ** 3,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
} as const;
type SizeUnit = keyof typeof unitsBytes;

const sizePattern = /^(\d{1,12})\s?(B|kB|MB|GB|KiB|MiB|GiB)$/;

/** A size such as `64KiB`, `1MiB` or `500kB` in bytes; undefined: it is none. */
export function parseSize(text: string): number | undefined {
  const match = sizePattern.exec(text);
  return match === null ? undefined : Number(match[1]) * unitsBytes[match[2] as SizeUnit];
}

/** The shortest text that `parseSize` reads as these whole bytes. */
export function formatSize(bytes: number): string {
  const unit = (['GiB', 'MiB', 'KiB', 'GB', 'MB', 'kB'] as const).find(
    (name) => bytes > 0 && bytes % unitsBytes[name] === 0,
  );
  return unit === undefined ? `${bytes}B` : `${bytes / unitsBytes[unit]}${unit}`;
}

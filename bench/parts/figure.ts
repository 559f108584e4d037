/** One measured figure and what it must reach. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly bound: { readonly kind: 'at least' | 'at most'; readonly value: number };
  /** What it was made of. */
  readonly detail: string;
}

export function holds({ value, bound }: Figure): boolean {
  return bound.kind === 'at least' ? value >= bound.value : value <= bound.value;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

export const round = (value: number, digits = 2): number => Number(value.toFixed(digits));

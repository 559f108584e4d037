/** Longer words are never compared: the work grows with the product of the lengths. */
const wordLengthMax = 64;

/** Letters that are wrong, missing, too many or swapped with their neighbour. */
function distance(a: string, b: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      const costs = [at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same];
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        costs.push(at(beforeLast, j - 2) + 1);
      }
      row.push(Math.min(...costs));
    }
    beforeLast = last;
    last = row;
  }
  return at(last, b.length);
}

const at = (row: readonly number[], index: number): number =>
  row[index] ?? Number.POSITIVE_INFINITY;

/** The candidate that `word` was probably meant to be; undefined: none is near enough. */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > wordLengthMax) return undefined;
  // One slip in three letters: more would propose words that have nothing in common.
  let bestDistance = Math.max(1, Math.floor(word.length / 3)) + 1;
  let best: string | undefined;
  for (const candidate of candidates) {
    if (candidate.length > wordLengthMax) continue;
    const slips = distance(word.toLowerCase(), candidate.toLowerCase());
    if (slips < bestDistance) {
      bestDistance = slips;
      best = candidate;
    }
  }
  return best;
}

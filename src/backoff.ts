/** The shortest and the longest wait between two tries, in milliseconds: quick enough for a restart, rare enough for an outage. */
const backoffMsMin = 1_000;
const backoffMsMax = 5 * 60_000;

/**
 * How long to wait before try number `failures + 1`, in milliseconds: doubling from 1 s to `msMax`, by default 5 min, the
 * upper half of it left to chance so that those that failed together do not return together.
 *
 * @param chance - a number from 0 (inclusive) to 1 (exclusive); 1 for who is the only one of its kind
 */
export function backoffMs(failures: number, chance: number, msMax: number = backoffMsMax): number {
  const ceiling = Math.min(msMax, backoffMsMin * 2 ** Math.min(failures, 20));
  return Math.max(backoffMsMin, Math.round(ceiling * (0.5 + chance / 2)));
}

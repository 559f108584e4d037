import type { PersonState } from '../../../people/person-record.ts';

/** How many people are how far, as in `2 applied, 1 waiting.` */
export function describeCounts(counts: Readonly<Record<PersonState, number>>): string {
  const { applied, pending, waiting, failed, held } = counts;
  const others = Object.entries({ pending, waiting, failed, held }).filter(
    ([, count]) => count > 0,
  );
  return `${[`${applied} applied`, ...others.map(([state, count]) => `${count} ${state}`)].join(', ')}.`;
}

import { type KillPoint, killPoints } from './kill-points.ts';
import type { ChaosOptions } from './options.ts';
import type { ChaosReport } from './run-chaos.ts';

/** Where it was killed, and in the last line what became of the messages. */
export function describeReport(report: ChaosReport, options: Pick<ChaosOptions, 'seed'>): string {
  const { kills, verdict } = report;
  const { expected, delivered, lost, doubled, misordered } = verdict;
  const total = [...kills.values()].reduce((sum, count) => sum + count, 0);
  const tally = killPoints.map((point: KillPoint) => `${point} ${kills.get(point) ?? 0}`);
  return [
    `seed ${options.seed}; killed ${tally.join(', ')}`,
    `kills=${total} accepted=${expected} delivered=${delivered} lost=${lost} doubled=${doubled} misordered=${misordered}`,
  ].join('\n');
}

/** Everything that breaks a promise, one sentence each; empty when all were kept. */
export function describeProblems({ verdict, counts }: ChaosReport): string[] {
  const problems = [...verdict.examples];
  const delivered = counts.entries
    .filter(({ state }) => state === 'delivered')
    .reduce((sum, { count }) => sum + count, 0);
  if (delivered !== verdict.expected) {
    problems.push(`the outbox counts ${delivered} delivered, of ${verdict.expected} accepted`);
  }
  for (const { state, source, count } of counts.entries) {
    if (state !== 'delivered' && count > 0) {
      problems.push(`the outbox holds ${count} ${state} of ${source}`);
    }
  }
  if (verdict.expected === 0) problems.push('nothing was accepted');
  return problems;
}

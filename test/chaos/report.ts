import type { EncryptionVerdict } from './encrypted-stage.ts';
import { killPointsOf } from './kill-points.ts';
import type { ChaosOptions } from './options.ts';
import type { ChaosReport } from './run-chaos.ts';

/** Where it was killed, and in the last line what became of the messages. */
export function describeReport(
  report: ChaosReport,
  { seed, mode }: Pick<ChaosOptions, 'seed' | 'mode'>,
): string {
  const { kills, verdict, encryption } = report;
  const { expected, delivered, lost, doubled, misordered } = verdict;
  const total = [...kills.values()].reduce((sum, count) => sum + count, 0);
  const tally = killPointsOf(mode).map((point) => `${point} ${kills.get(point) ?? 0}`);
  const counts = [
    `kills=${total} accepted=${expected} delivered=${delivered}`,
    `lost=${lost} doubled=${doubled} misordered=${misordered}`,
    ...(encryption === undefined ? [] : [describeEncryption(encryption)]),
  ];
  return [`seed ${seed}; killed ${tally.join(', ')}`, counts.join(' ')].join('\n');
}

function describeEncryption({ undecryptable, violations, identities }: EncryptionVerdict): string {
  const { oneTimeKeys, olm, megolm } = violations;
  return `undecryptable=${undecryptable} one_time_keys=${oneTimeKeys} olm=${olm} megolm=${megolm} identities=${identities}`;
}

/** Everything that breaks a promise, one sentence each; empty when all were kept. */
export function describeProblems({ verdict, counts, encryption }: ChaosReport): string[] {
  const problems = [...verdict.examples];
  if (encryption !== undefined) problems.push(...encryptionProblems(encryption));
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

function encryptionProblems(encryption: EncryptionVerdict): string[] {
  const { clear, violations, identities, examples } = encryption;
  const problems = [...examples, ...violations.examples];
  if (clear > 0) problems.push(`${clear} messages lie open in encrypted rooms`);
  if (identities !== 1) problems.push(`a device has had ${identities} identities`);
  return problems;
}

import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { killPoints } from './kill-points.ts';
import type { Sabotage } from './options.ts';

const program = fileURLToPath(new URL('main.ts', import.meta.url));

/** `npm run chaos` with these arguments. */
function chaos(args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], {
    encoding: 'utf8',
    timeout: 240_000,
  });
  return { status, lines: stdout.trimEnd().split('\n'), stderr };
}

const verdictLine =
  /^kills=\d+ accepted=(?<accepted>\d+) delivered=(?<delivered>\d+) lost=(?<lost>\d+) doubled=(?<doubled>\d+) misordered=(?<misordered>\d+)$/;

/** Every kill point at least once: so many kills are one round of all, or more. */
const killsOfOneRound = '6';

/** What the last line counts. */
function countsOf(lines: readonly string[]): Readonly<Record<string, number>> {
  const { groups = {} } = verdictLine.exec(lines.at(-1) ?? '') ?? {};
  return Object.fromEntries(Object.entries(groups).map(([name, count]) => [name, Number(count)]));
}

describe('kill -9 under load with faults', () => {
  it('loses, doubles and misorders nothing', () => {
    const { status, lines, stderr } = chaos(['--kills', '15', '--seed', '1']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { accepted, ...counts } = countsOf(lines);
    expect(accepted).toBeGreaterThan(0);
    expect(counts).toEqual({ delivered: accepted, lost: 0, doubled: 0, misordered: 0 });
    for (const point of killPoints) expect(lines.at(-2)).toMatch(new RegExp(`${point} [1-9]`));
  });
});

describe('the checker', () => {
  const broken: readonly [Sabotage, 'lost' | 'doubled' | 'misordered'][] = [
    ['late-ack', 'lost'],
    ['new-txn', 'doubled'],
    ['reorder', 'misordered'],
  ];
  it.each(broken)('notices %s: messages are %s', (sabotage, violation) => {
    const { status, lines, stderr } = chaos([
      ...['--kills', killsOfOneRound, '--seed', '1'],
      ...['--sabotage', sabotage],
    ]);
    expect(status).toBe(1);
    expect(countsOf(lines)[violation]).toBeGreaterThan(0);
    expect(stderr).toMatch(new RegExp(`^${violation} in !`, 'm'));
  });
});

describe('the command', () => {
  it('refuses a sabotage it does not know', () => {
    const { status, stderr } = chaos(['--sabotage', 'tea']);
    expect(status).toBe(1);
    expect(stderr).toContain('--sabotage takes one of late-ack, new-txn, reorder');
  });
});

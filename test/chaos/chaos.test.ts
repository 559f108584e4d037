import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { encryptionKillPoints, killPoints } from './kill-points.ts';
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
  /^kills=\d+ accepted=(?<accepted>\d+) delivered=(?<delivered>\d+) lost=(?<lost>\d+) doubled=(?<doubled>\d+) misordered=(?<misordered>\d+)(?<encryption> .*)?$/;

/** Every kill point at least once: so many kills are one round of all, or more. */
const killsOfOneRound = '6';

/** What the last line counts. */
function countsOf(lines: readonly string[]): Readonly<Record<string, number>> {
  const { groups = {} } = verdictLine.exec(lines.at(-1) ?? '') ?? {};
  const { encryption = '', ...delivery } = groups;
  return {
    ...Object.fromEntries(Object.entries(delivery).map(([name, count]) => [name, Number(count)])),
    ...countsIn(encryption),
  };
}

/** The counts of a line as `name=count`. */
function countsIn(line: string): Readonly<Record<string, number>> {
  const pairs = line
    .trim()
    .split(' ')
    .filter((pair) => pair.includes('='));
  return Object.fromEntries(
    pairs.map((pair) => [
      pair.slice(0, pair.indexOf('=')),
      Number(pair.slice(pair.indexOf('=') + 1)),
    ]),
  );
}

/** What must not be, with encryption. */
const noViolation = { undecryptable: 0, one_time_keys: 0, olm: 0, megolm: 0, identities: 1 };

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

describe('kill -9 while messages are encrypted', () => {
  it('loses, doubles and misorders nothing, uses no key twice, and everything can be read', () => {
    const { status, lines, stderr } = chaos(['--encrypted', '--kills', '12', '--seed', '2']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { accepted, ...counts } = countsOf(lines);
    expect(accepted).toBeGreaterThan(0);
    const whole = { delivered: accepted, lost: 0, doubled: 0, misordered: 0 };
    expect(counts).toEqual({ ...whole, ...noViolation });
    for (const point of encryptionKillPoints) expect(lines.at(-2)).toContain(point);
  });

  it('ten times during 500 messages to 5 rooms costs none of them', () => {
    const { status, lines, stderr } = chaos([
      ...['--encrypted', '--kills', '10', '--seed', '3'],
      ...['--rooms', '5', '--messages', '500'],
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const whole = { accepted: 500, delivered: 500, lost: 0, doubled: 0, misordered: 0 };
    expect(countsOf(lines)).toEqual({ ...whole, ...noViolation });
  });
});

describe('kill -9 while keys are received', () => {
  const counted = (lines: readonly string[]) => countsIn(lines.at(-1) ?? '');

  it('loses no key', () => {
    const { status, lines, stderr } = chaos(['--receiver', '--kills', '8', '--seed', '1']);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const { sent } = counted(lines);
    expect(sent).toBeGreaterThan(0);
    expect(counted(lines)).toMatchObject({ kills: 8, read: sent, lost: 0, one_time_keys: 0 });
  });

  it('loses some where what one answer brings is several commits, and the checker notices', () => {
    const { status, lines, stderr } = chaos([
      ...['--receiver', '--kills', '16', '--seed', '1'],
      ...['--sabotage', 'no-group'],
    ]);
    expect(status).toBe(1);
    expect(counted(lines)['lost']).toBeGreaterThan(0);
    expect(stderr).toMatch(/^the keys of \d+ messages are lost$/m);
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

describe('the checker of encryption', () => {
  it('notices ratchets that are on disk too late', () => {
    const { status, lines, stderr } = chaos([
      ...['--encrypted', '--kills', '8', '--seed', '1', '--rooms', '6'],
      ...['--sabotage', 'late-ratchet'],
    ]);
    expect(status).toBe(1);
    const { olm = 0, megolm = 0, one_time_keys: oneTimeKeys = 0 } = countsOf(lines);
    expect(olm + megolm + oneTimeKeys).toBeGreaterThan(0);
    expect(stderr).toMatch(/was used twice$|has other content$/m);
  });

  it('notices a repeat that is encrypted anew', () => {
    const { status, lines, stderr } = chaos([
      ...['--encrypted', '--kills', killsOfOneRound, '--seed', '1', '--rooms', '6'],
      ...['--sabotage', 'reencrypt'],
    ]);
    expect(status).toBe(1);
    expect(countsOf(lines)['doubled']).toBeGreaterThan(0);
    expect(stderr).toMatch(/^doubled in !/m);
  });
});

describe('the command', () => {
  it('refuses a sabotage it does not know', () => {
    const { status, stderr } = chaos(['--sabotage', 'tea']);
    expect(status).toBe(1);
    expect(stderr).toContain('--sabotage takes one of late-ack, new-txn, reorder');
  });

  it('refuses a sabotage of what a run does not promise', () => {
    const { status, stderr } = chaos(['--sabotage', 'no-group']);
    expect(status).toBe(1);
    expect(stderr).toContain('--sabotage no-group is for receiver');
  });
});

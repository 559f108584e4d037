import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const table = readFileSync(new URL('scenarios.md', import.meta.url), 'utf8');
const root = new URL('../../', import.meta.url);
const rows = table.split('\n').filter((line) => /^\| \d/.test(line));
const scenarioCount = 40;

/** A claim as it may stand in a source file, in either kind of quotes. */
const claims = [...table.matchAll(/`([^`]+\.ts)`: "([^"]+)"/g)].map(([, file, claim]) => ({
  file: file ?? '',
  claim: claim ?? '',
}));

it('every scenario has a row, with a claim or a reason', () => {
  const numbers = rows.map((row) => Number(/\d+/.exec(row)?.[0])).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: scenarioCount }, (_, index) => index + 1));
  for (const row of rows) expect(row).toMatch(/"\S[^"]+"|\.\s+\|$/);
});

it.each(claims)('$file claims: $claim', ({ file, claim }) => {
  const path = new URL(file, root);
  expect(existsSync(path)).toBe(true);
  expect(readFileSync(path, 'utf8')).toContain(claim);
});

import { readdirSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { originalCases } from './parts/original-cases.ts';

const here = new URL('.', import.meta.url);

it("each of the original's 62 cases is claimed by a test", () => {
  const tests = readdirSync(here)
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => readFileSync(new URL(name, here), 'utf8'))
    .join('');
  const names = Object.keys(originalCases);
  expect(names).toHaveLength(62);
  expect(names.filter((name) => !tests.includes(`'${name}`))).toEqual([]);
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { referencePages } from '../../tools/generate-docs.ts';

it.each([...referencePages()])('docs/reference/%s says what the code says', (name, text) => {
  const path = new URL(`../../docs/reference/${name}`, import.meta.url);
  expect(readFileSync(path, 'utf8'), 'run `npm run docs` and commit the result').toBe(text);
});

import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { referencePages } from '../../tools/generate-docs.ts';
import { documentedPaths, servedPaths } from '../../tools/http-page.ts';

it.each([...(await referencePages())])(
  'docs/reference/%s says what the code says',
  (name, text) => {
    const path = new URL(`../../docs/reference/${name}`, import.meta.url);
    expect(readFileSync(path, 'utf8'), 'run `npm run docs` and commit the result').toBe(text);
  },
);

it('the HTTP reference names every path that is served, and no other', async () => {
  expect(documentedPaths()).toEqual(await servedPaths());
});

import { expect, it } from 'vitest';
import { limitMarkup } from './limit-markup.ts';

const markdown = (length: number) => ({ body: 'x'.repeat(length), format: 'markdown' as const });
const formats = (...lengths: number[]) =>
  limitMarkup(lengths.map(markdown)).map(({ format }) => format);

it('leaves a call of usual size as it is', () => {
  const notifications = [markdown(5), { body: 'x'.repeat(1e6), format: 'plain' as const }];
  expect(limitMarkup(notifications)).toEqual(notifications);
  expect(new Set(formats(...Array(100).fill(1300)))).toEqual(new Set(['markdown']));
});

it('parses no more than 128 Ki of a call, and what still fits', () => {
  expect(formats(65_000, 65_000, 65_000, 65_000, 1000)).toEqual([
    'markdown',
    'markdown',
    'plain',
    'plain',
    'markdown',
  ]);
});

it('counts of a body only what is parsed', () => {
  expect(formats(500_000, 500_000, 1)).toEqual(['markdown', 'markdown', 'plain']);
});

it('shows the words of HTML that is not parsed, and Markdown as it was written', () => {
  const html = { body: `<p>${'x'.repeat(65_533)}`, format: 'html' as const };
  const last = { title: 'T', body: '<b>bold</b> &amp;', format: 'html' as const };
  expect(limitMarkup([html, html, last]).at(-1)).toEqual({
    title: 'T',
    body: 'bold &amp;',
    format: 'plain',
  });
  expect(limitMarkup([html, html, { ...last, format: 'markdown' }]).at(-1)).toEqual({
    ...last,
    format: 'plain',
  });
});

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes } from './canonical-json.ts';
import { cutHtml } from './cut-html.ts';
import { cutText, jsonTextBytes } from './cut-text.ts';
import { htmlFormat } from './event-content.ts';
import { clearContentBytesMax, fitContent } from './fit.ts';

const text = (body: string) => ({ msgtype: 'm.text', body, 'm.mentions': {} }) as const;

it('leaves alone what fits, to the byte', () => {
  const content = text('x'.repeat(clearContentBytesMax - canonicalBytes(text(''))));
  expect(fitContent(content, clearContentBytesMax)).toEqual({ cut: false, content });
  expect(fitContent(text(`${content.body}x`), clearContentBytesMax).cut).toBe(true);
});

it('cuts at a line end, says how much is shown, and hands over the whole text', () => {
  const whole = 'a line of thirty-one characters\n'.repeat(3000).trimEnd();
  const fitted = fitContent(text(whole), clearContentBytesMax);
  expect(fitted).toMatchObject({ cut: true, wholeText: whole });
  const [shown, note] = fitted.content.body.split('\n… ');
  expect(shown?.endsWith('\na line of thirty-one characters')).toBe(true);
  expect(note).toBe('cut: 60,863 of 95,999 characters shown; the whole text is attached');
  expect(shown?.length).toBe(60_863);
});

it('does not promise a file that cannot go along', () => {
  const fitted = fitContent(text('x'.repeat(100_000)), clearContentBytesMax, { attached: false });
  expect(fitted.content.body.endsWith('characters shown')).toBe(true);
});

it('keeps the reserve free', () => {
  const fitted = fitContent(text('x\n'.repeat(50_000)), 50_000, { reserveBytes: 1000 });
  expect(canonicalBytes(fitted.content)).toBeLessThanOrEqual(49_000);
});

it('cuts text and HTML so that both fit', () => {
  const content = {
    ...text('word\n'.repeat(20_000)),
    format: htmlFormat,
    formatted_body: `<ul>${'<li>word &amp; <b>word</b></li>'.repeat(10_000)}</ul>`,
  } as const;
  const { content: fitted } = fitContent(content, clearContentBytesMax);
  expect(canonicalBytes(fitted)).toBeLessThanOrEqual(clearContentBytesMax);
  expect(canonicalBytes(fitted)).toBeGreaterThan(clearContentBytesMax - 1000);
  expect(fitted.formatted_body).toMatch(
    /<\/li><\/ul><p><em>… cut: [\d,]+ of 110,000 characters shown; the whole text is attached<\/em><\/p>$/,
  );
});

describe('cutText', () => {
  it('never splits a character', () => {
    expect(cutText('👩‍👩‍👧‍👦👩‍👩‍👧‍👦', 30)).toBe('👩‍👩‍👧‍👦');
    expect(cutText('e\u0301e\u0301', 4)).toBe('e\u0301');
    expect(cutText(`x${'\u0301'.repeat(2000)}`, 1001).isWellFormed()).toBe(true);
  });

  it('keeps a long line rather than half of what fits', () => {
    expect(cutText(`a\n${'b'.repeat(50)}`, 40)).toBe(`a\n${'b'.repeat(37)}`);
  });

  it('is a well-formed beginning within its bytes, as JSON counts them', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), fc.nat(300), (whole, bytesMax) => {
        const cut = cutText(whole, bytesMax);
        expect(whole.startsWith(cut)).toBe(true);
        expect(cut.isWellFormed()).toBe(true);
        expect(jsonTextBytes(cut)).toBe(Buffer.byteLength(JSON.stringify(cut)) - 2);
        expect(jsonTextBytes(cut)).toBeLessThanOrEqual(bytesMax);
      }),
    );
  });
});

describe('cutHtml', () => {
  it('closes what is open and splits neither tag nor reference', () => {
    expect(cutHtml('<p>one</p><p>two <b>three</b></p>', 24)).toBe('<p>one</p>');
    expect(cutHtml('<p>1</p><p>two <b>three &amp; four</b></p>', 40)).toBe(
      '<p>1</p><p>two <b>three &amp; fo</b></p>',
    );
    expect(cutHtml('<b>a &amp;&amp;&amp; b</b>', 16)).toBe('<b>a &amp;</b>');
    expect(cutHtml('<b>abcdef</b>', 10)).toBe('<b>abc</b>');
    expect(cutHtml('<b>abcdef</b>', 3)).toBe('');
  });

  it.each(['<', '<b>', '<b ', '&', '</b>', '<a href="', '&amp'])(
    'takes linear time for %j',
    (pattern) => {
      const html = pattern.repeat(Math.ceil((1 << 20) / pattern.length));
      const content = { ...text('x'), format: htmlFormat, formatted_body: html } as const;
      const started = performance.now();
      const fitted = fitContent(content, clearContentBytesMax).content;
      // Ten times what it needs on a busy machine: only a wrong exponent gets there.
      expect(performance.now() - started).toBeLessThan(2000);
      expect(canonicalBytes(fitted)).toBeLessThanOrEqual(clearContentBytesMax);
    },
  );
});

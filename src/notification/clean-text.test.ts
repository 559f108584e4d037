import fc from 'fast-check';
import { expect, it } from 'vitest';
import { cleanLine, cleanText } from './clean-text.ts';

it('keeps ordinary text as it is', () => {
  expect(cleanText('disk\t95 %\nüml 🔥')).toBe('disk\t95 %\nüml 🔥');
});

it('removes NUL, control characters and terminal colours, and makes line ends one kind', () => {
  expect(cleanText('a\u0000b\u0007\r\nc\rd\u001b[31;1mred\u001b[0m\u0085')).toBe('ab\nc\ndred');
});

it('repairs lone surrogates', () => {
  expect(cleanText('a\ud800b\udc00')).toBe('a\ufffdb\ufffd');
});

it('puts a line on one line', () => {
  expect(cleanLine('  a\n b\t\tc ')).toBe('a b c');
});

it('leaves nothing to clean, whatever went in', () => {
  const text = fc.array(fc.nat(0xffff)).map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(text, (dirty) => {
      const clean = cleanText(dirty);
      expect(clean.isWellFormed()).toBe(true);
      expect(cleanText(clean)).toBe(clean);
    }),
  );
});

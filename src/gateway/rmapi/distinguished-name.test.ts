import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseDistinguishedName } from './distinguished-name.ts';

const latin1 = (text: string): string => Buffer.from(text).toString('latin1');

describe('a distinguished name', () => {
  it.each([
    ['CN=Steve Kille,O=Isode Limited,C=GB', ['Steve Kille', 'Isode Limited', 'GB']],
    ['OU=Sales+CN=J.  Smith,DC=example,DC=net', ['Sales', 'J.  Smith', 'example', 'net']],
    ['CN=James \\"Jim\\" Smith\\, III,DC=example', ['James "Jim" Smith, III', 'example']],
    ['CN=Lu\\C4\\8Di\\C4\\87', ['Lučić']],
    ['1.3.6.1.4.1.1466.0=#04024869,O=Test', [undefined, 'Test']],
    ['CN=\\ a \\ ,O=\\#1', [' a  ', '#1']],
    ['CN=a=b,O=', ['a=b', '']],
    ['CN=\\5C,O=\\\\', ['\\', '\\']],
    ['O=x\\\\,CN=y', ['x\\', 'y']],
  ])('%s is read as RFC 4514 says', (text, values) => {
    expect(parseDistinguishedName(text)?.map(({ value }) => value)).toEqual(values);
  });

  it.each([
    '',
    ',',
    'CN',
    'CN=a,',
    ',CN=a',
    'CN=a,,O=b',
    'CN=a, O=b',
    'CN=a ,O=b',
    'CN= a',
    'CN=a;O=b',
    'CN="a"',
    'CN=a<b',
    'CN=#',
    'CN=#0',
    'CN=a\\',
    'CN=a\\q',
    'CN=\\C3',
    'CN=\\C3,O=\\84',
    'CN=a\tb',
    'CN=a\\0Ab',
    '/CN=a/O=b',
    'emailAddress=a@b',
    'cn=a',
    'CN =a',
    '2.5.4.03=a',
    '9.1=a',
    'CN=a\u00ff',
  ])('%j is none', (text) => {
    expect(parseDistinguishedName(text)).toBeUndefined();
  });

  it('says what was written, whatever the values are', () => {
    const value = fc
      .string({ unit: 'grapheme', maxLength: 12 })
      .filter((text) => !/\p{Cc}/u.test(text));
    const written = (text: string) =>
      text
        .replaceAll(/["+,;<>\\]/g, '\\$&')
        .replace(/^[ #]/, '\\$&')
        .replace(/(?<!^\\?) $/, '\\ ');
    const attribute = fc.tuple(fc.constantFrom('CN', 'O', 'OU', '2.5.4.3', 'STREET'), value);
    fc.assert(
      fc.property(fc.array(attribute, { minLength: 1, maxLength: 4 }), (attributes) => {
        const text = attributes.map(([type, of]) => `${type}=${written(of)}`).join(',');
        const expected = attributes.map(([type, of]) => ({ type, value: of }));
        expect(parseDistinguishedName(latin1(text))).toEqual(expected);
      }),
    );
  });

  it('gives an answer to anything, in no time', () => {
    const piece = fc.constantFrom('CN=', '\\', ' ', ',', '+', '"', 'a', '\\C3', '#', '=', '\u00c3');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 200 }), (pieces) => {
        const attributes = parseDistinguishedName(pieces.join(''));
        expect(attributes === undefined || attributes.length > 0).toBe(true);
      }),
    );
  });
});

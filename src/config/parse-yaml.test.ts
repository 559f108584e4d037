import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseYaml } from './parse-yaml.ts';

describe('places', () => {
  const file = parseYaml('a: 1\nb:\n  c: [x, y]\n  d:\n');

  it('a value is found where it begins, a map at its key', () => {
    expect(file.locate(['a'])).toEqual({ line: 1, column: 4 });
    expect(file.locate(['b', 'c', 1])).toEqual({ line: 3, column: 10 });
    expect(file.locate(['b'])).toEqual({ line: 2, column: 1 });
    expect(file.locateKey(['a'])).toEqual({ line: 1, column: 1 });
  });

  it('what is not there is found at the nearest thing above it', () => {
    expect(file.locate(['b', 'nothing', 'here'])).toEqual({ line: 2, column: 1 });
    expect(file.locate(['nothing'])).toEqual({ line: 1, column: 1 });
    expect(file.has(['b', 'c', 1])).toBe(true);
    expect(file.has(['b', 'c', 2])).toBe(false);
  });
});

describe('mistakes in the notation', () => {
  it.each([
    ['a key that is there twice', 'a: 1\na: 2', '2:1', /twice/],
    ['a tab', 'a:\n\t- b', '2:1', /tab/],
    ['an unquoted room id', 'a: !abc:example.org', '1:4', /quote it, as in "!abc/],
    ['an unquoted user id', 'a: @x:example.org', '1:4', /quote it, as in "@/],
    ['an open bracket', 'a: {b: 1', '1:9', /bracket/],
    ['two colons', 'a: b: c', '1:4', /second ": "/],
    ['a second document', 'a: b\n---\nc: d', '2:1', /second document/],
    ['an unknown alias', 'a: *x', '1:4', /anchor/],
    ['a list as a key', '? [a]\n: 3', '1:3', /key that is not a text/],
    ['a key that would change the object', '__proto__: {a: 1}', '1:1', /name/],
  ])('%s is named with its place', (_, text, place, message) => {
    const [problem] = parseYaml(text).problems;
    expect(`${problem?.line}:${problem?.column}`).toBe(place);
    expect(problem?.message).toMatch(message);
  });

  it('the text is never quoted', () => {
    const { problems } = parseYaml('- a\ntoken: "s3cret\n  x: s3cret: s3cret\n');
    expect(problems.length).toBeGreaterThan(0);
    expect(JSON.stringify(problems)).not.toContain('s3cret');
  });

  it('a value that lacks its quotes leaves the rest usable', () => {
    const file = parseYaml('a: !abc\nb: @x:y\nc: 1');
    expect(file.usable).toBe(true);
    expect(file.problems).toHaveLength(2);
    expect(file.data).toMatchObject({ c: 1 });
  });
});

describe('bounds', () => {
  it.each([
    [
      'aliases that multiply',
      `a: &a [x,x,x,x,x,x,x,x,x]\n${'bcdefghijk'
        .split('')
        .map((name, index) => `${name}: &${name} [${`*${'abcdefghijk'[index]},`.repeat(9)}]\n`)
        .join('')}`,
    ],
    ['an alias of itself', 'a: &a [*a, *a]'],
    ['a deep nest', '['.repeat(5000)],
    ['many mistakes', '!x '.repeat(10_000)],
  ])('%s end soon as a problem', (_, text) => {
    const file = parseYaml(text);
    expect(file.usable).toBe(false);
    expect(file.problems.length).toBeGreaterThan(0);
    expect(file.problems.length).toBeLessThan(200);
  });

  it('twenty thousand keys are read in a moment, and the one that is twice is found', () => {
    const text = `${Array.from({ length: 20_000 }, (_, index) => `k${index}: 1`).join('\n')}\nk7: 1\n`;
    expect(parseYaml(text).problems).toMatchObject([{ line: 20_001 }]);
  });

  it('no text makes it throw', () => {
    const piece = fc.constantFrom(
      'a',
      ':',
      ' ',
      '\n',
      '-',
      '[',
      '{',
      '}',
      '"',
      "'",
      '&a',
      '*a',
      '!',
      '|',
      '>',
      '#',
      '?',
      '\t',
      '<<',
      '__proto__',
      '1',
      '%',
      ',',
      '\0',
      '\uD800',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 60 }), (pieces) => {
        parseYaml(pieces.join(''));
      }),
    );
  });
});

it('aliases stand for what they name', () => {
  expect(parseYaml('a: &x {b: 1}\nc: *x').data).toEqual({ a: { b: 1 }, c: { b: 1 } });
});

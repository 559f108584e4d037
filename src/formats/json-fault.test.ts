import fc from 'fast-check';
import { expect, it } from 'vitest';
import { findJsonFault } from './json-fault.ts';

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

it.each([
  ['{"a" 1}', 5, 'expected a colon'],
  ['{"a": 1 "b": 2}', 8, 'expected a comma or the closing bracket'],
  ["{'a': 1}", 1, 'expected a key in double quotes or }'],
  ['{"a": 1,}', 8, 'expected a key in double quotes'],
  ['[1, ]', 4, 'expected a value'],
  ['[1}', 2, 'expected a comma or the closing bracket'],
  ['{"a": tru}', 6, 'expected a value'],
  ['{"a": "b', 8, 'the text ends inside a string'],
  ['"a\nb"', 2, 'a line end or control character must be escaped in a string'],
  ['"a\\x"', 2, 'expected a valid escape after \\'],
  ['{} {}', 3, 'expected the end'],
  ['[', 1, 'the text ends here, but expected a value or ]'],
])('%j is wrong at %i', (text, offset, expected) => {
  expect(findJsonFault(text)).toEqual({ offset, expected });
});

it('agrees with the parser on what JSON is', () => {
  const almost = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom('', '"', ',', '}', '[', '0', '\\', '-', 'e', ' '))
    .map(([json, at, insert]) => {
      const place = at % (json.length + 1);
      return json.slice(0, place) + insert + json.slice(place + 1);
    });
  fc.assert(
    fc.property(fc.oneof(almost, fc.json(), fc.string()), (text) => {
      expect(findJsonFault(text) === undefined).toBe(isJson(text));
    }),
    { numRuns: 1000 },
  );
});

it('walks through any depth', () => {
  expect(findJsonFault('['.repeat(1_000_000))?.offset).toBe(1_000_000);
});

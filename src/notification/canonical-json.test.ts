import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalBytes, canonicalJson } from './canonical-json.ts';

describe("the specification's examples", () => {
  it.each([
    ['{}', '{}'],
    ['{"one": 1, "two": "Two"}', '{"one":1,"two":"Two"}'],
    ['{"b": "2", "a": "1"}', '{"a":"1","b":"2"}'],
    [
      '{"auth": {"success": true, "mxid": "@john.doe:example.com", "profile": {"display_name": "John Doe", "three_pids": [{"medium": "email", "address": "john.doe@example.org"}, {"medium": "msisdn", "address": "123456789"}]}}}',
      '{"auth":{"mxid":"@john.doe:example.com","profile":{"display_name":"John Doe","three_pids":[{"address":"john.doe@example.org","medium":"email"},{"address":"123456789","medium":"msisdn"}]},"success":true}}',
    ],
    ['{"a": "日本語"}', '{"a":"日本語"}'],
    ['{"本": 2, "日": 1}', '{"日":1,"本":2}'],
    ['{"a": "\\u65E5"}', '{"a":"日"}'],
    ['{"a": null}', '{"a":null}'],
    ['{"a": -0, "b": 1e10}', '{"a":0,"b":10000000000}'],
  ])('%s', (input, output) => {
    expect(canonicalJson(JSON.parse(input))).toBe(output);
  });
});

it('sorts by code point, not by UTF-16 unit', () => {
  expect(canonicalJson({ '🔥': 1, '\uff5e': 2 })).toBe('{"\uff5e":2,"🔥":1}');
});

it('turns what it cannot hold into what it can', () => {
  expect(canonicalJson({ a: 0.5, b: 2 ** 53, c: Number.NaN, d: 5n, e: undefined })).toBe(
    '{"a":"0.5","b":"9007199254740992","c":"NaN","d":"5"}',
  );
  expect(canonicalJson({ 'x\ud800': '\udc00' })).toBe('{"x\ufffd":"\ufffd"}');
  expect(canonicalJson({ a: '\ud800', b: '🔥' })).toBe('{"a":"\ufffd","b":"🔥"}');
});

it('keeps a text that looks like an escaped surrogate', () => {
  expect(canonicalJson({ a: String.raw`\ud800` })).toBe(String.raw`{"a":"\\ud800"}`);
});

it('refuses nesting that no homeserver takes', () => {
  let deep: unknown = 1;
  for (let i = 0; i < 501; i++) deep = [deep];
  expect(() => canonicalJson(deep)).toThrow(RangeError);
});

it('is JSON of the same meaning, well-formed, and its own canonical form, for any value', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      const json = canonicalJson(value);
      expect(json.isWellFormed()).toBe(true);
      expect(canonicalJson(JSON.parse(json))).toBe(json);
      expect(canonicalBytes(value)).toBe(Buffer.byteLength(json));
    }),
  );
});

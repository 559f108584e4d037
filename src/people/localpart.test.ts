import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { localpartOf, type NameRule } from './localpart.ts';

const map = (name: string, rule: NameRule): string | undefined => {
  const outcome = localpartOf(name, rule, 'example.org');
  return outcome.ok ? outcome.localpart : undefined;
};

/** Of any code points, also such as do not make well-formed text. */
const anyText = fc
  .array(fc.oneof(fc.nat(0x7f), fc.nat(0x10ffff)))
  .map((points) => String.fromCodePoint(...points));

describe('a name', () => {
  // From Synapse 1.163.2's own map_username_to_mxid_localpart: name, as it is, after lower-casing.
  it.each([
    ['NORPPA11a', 'norppa11a', 'norppa11a'],
    ['Äijä', '=c3=84ij=c3=a4', '=c3=a4ij=c3=a4'],
    ['a=b', 'a=3db', 'a=3db'],
    ['_x', '=5fx', '=5fx'],
    ['__x', '=5f_x', '=5f_x'],
    ['has space', 'has=20space', 'has=20space'],
    ['@x', '=40x', '=40x'],
    ['a/b=c', 'a/b=3dc', 'a/b=3dc'],
    ['tail\n', 'tail=0a', 'tail=0a'],
    ['nul\0', 'nul=00', 'nul=00'],
    ['\u0130', '=c4=b0', 'i=cc=87'],
    ['\uff46ull', '=ef=bd=86ull', '=ef=bd=86ull'],
    ['\u{1f600}', '=f0=9f=98=80', '=f0=9f=98=80'],
    ['\u05e9', '=d7=a9', '=d7=a9'],
    ['unit.11-a', 'unit.11-a', 'unit.11-a'],
    ['a+b', 'a+b', 'a+b'],
    [':', '=3a', '=3a'],
    ['ABC123_X1', 'abc123_x1', 'abc123_x1'],
  ])('%j becomes what Synapse makes of it', (name, synapse, keycloak) => {
    expect(map(name, 'synapse')).toBe(synapse);
    expect(map(name, 'keycloak')).toBe(keycloak);
  });

  it.each([
    ['NORPPA11a', 'norppa11a'],
    ['unit.11-a', 'unit.11-a'],
    ['a/b=c', 'a/b=c'],
    ['ABC123_X1', 'abc123_x1'],
    // The Kelvin sign: Python and Keycloak lower-case it to k as well.
    ['\u212aelvin', 'kelvin'],
    ['Äijä', undefined],
    ['has space', undefined],
    ['@x', undefined],
    ['x!', undefined],
    ['tail\n', undefined],
    ['nul\0', undefined],
    ['\u0130', undefined],
    ['\uff46ull', undefined],
    ['_x', undefined],
  ])('%j is strictly %j', (name, expected) => {
    expect(map(name, 'strict')).toBe(expected);
  });

  it.each(['', '1234', 'x'.repeat(243), '\ud800'])('%j is none by any rule', (name) => {
    for (const rule of ['strict', 'synapse', 'keycloak'] as const) {
      expect(map(name, rule)).toBeUndefined();
    }
  });

  it('may fill a user id to its last byte', () => {
    expect(map('x'.repeat(242), 'strict')).toHaveLength(242);
    expect(map('ä'.repeat(41), 'synapse')).toBeUndefined();
  });

  it('that is mapped at all gives a valid localpart', () => {
    fc.assert(
      fc.property(anyText, fc.boolean(), (name, isSynapse) => {
        const localpart = map(name, isSynapse ? 'synapse' : 'strict');
        if (localpart !== undefined) expect(localpart).toMatch(/^[a-z0-9.\-=/+][a-z0-9._\-=/+]*$/);
      }),
    );
  });

  it('has a localpart of its own, but for the case of its letters', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (one, other) => {
        const mapped = map(one, 'synapse');
        if (mapped === undefined || mapped !== map(other, 'synapse')) return;
        expect(one.toLowerCase()).toBe(other.toLowerCase());
      }),
    );
  });
});

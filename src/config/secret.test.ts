import { inspect } from 'node:util';
import { expect, it } from 'vitest';
import { Secret } from './secret.ts';

it('a secret is printable in no way', () => {
  const secret = new Secret('s3cret');
  const printed = [
    String(secret),
    JSON.stringify({ secret }),
    inspect({ secret }, { showHidden: true, depth: 9 }),
    inspect(secret, { getters: true }),
    Object.values(secret).join(),
  ];
  for (const text of printed) expect(text).not.toContain('s3cret');
  expect(String(secret)).toBe('[redacted]');
});

it('a secret gives out its value when it is asked for it', () => {
  expect(new Secret('s3cret').reveal()).toBe('s3cret');
});

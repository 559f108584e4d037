import { describe, expect, it } from 'vitest';
import { publicKeyOf } from './public-key-of.ts';

describe('the public part of a key', () => {
  it('is that of RFC 8032, section 7.1', () => {
    const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');
    const secret = base64('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60');
    const shown = base64('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a');
    expect(publicKeyOf(secret)).toBe(shown.replace('=', ''));
    expect(publicKeyOf(secret.replace('=', ''))).toBe(shown.replace('=', ''));
  });

  it('is none for what is no key', () => {
    expect(publicKeyOf('')).toBeUndefined();
    expect(publicKeyOf('AAAA')).toBeUndefined();
  });
});

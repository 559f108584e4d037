import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Authenticator, tokenDigest } from './authenticator.ts';
import { FacadeTokens } from './facade-tokens.ts';
import { requestToken } from './request-token.ts';
import { testSettings, testSource } from './test-gateway.contract.ts';

const key = Buffer.alloc(32, 1);
const tokens = new FacadeTokens(key, randomBytes);

describe('the authenticator', () => {
  it('knows every token of a source, and of operators', () => {
    const auth = [tokenDigest('old'), tokenDigest('new')];
    const settings = testSettings([testSource('a', { auth }), testSource('b')]);
    const authenticator = new Authenticator(tokens);
    for (const token of ['old', 'new']) {
      expect(authenticator.identify(settings, token)).toMatchObject({ source: { name: 'a' } });
    }
    expect(authenticator.identify(settings, 'b-token')).toMatchObject({ source: { name: 'b' } });
    expect(authenticator.identify(settings, 'admin-token')).toEqual({
      kind: 'operator',
      name: 'admin',
    });
    expect(authenticator.identify(settings, 'other')).toBeUndefined();
  });

  it('forgets a token as soon as the settings no longer have it', () => {
    const authenticator = new Authenticator(tokens);
    expect(authenticator.identify(testSettings([testSource('a')]), 'a-token')).toBeDefined();
    expect(authenticator.identify(testSettings([]), 'a-token')).toBeUndefined();
  });
});

describe('a façade token', () => {
  const source = testSource('a', { auth: [tokenDigest('one'), tokenDigest('two')] });
  const sources = new Map([['a', source]]);

  it('is fresh every time, fits a URL as it is, and says whose it is', () => {
    const [first, second] = [
      tokens.issue(source, tokenDigest('one')),
      tokens.issue(source, tokenDigest('one')),
    ];
    expect(first).not.toBe(second);
    expect(first).toMatch(/^bh_[\w.-]+$/);
    expect(tokens.verify(first, sources)?.source).toBe(source);
    expect(tokens.verify(first, sources)?.loginId).not.toBe(
      tokens.verify(second, sources)?.loginId,
    );
  });

  it('ends with the token it was made with, and with no other', () => {
    const token = tokens.issue(source, tokenDigest('one'));
    const without = (digest: Uint8Array) => new Map([['a', { ...source, auth: [digest] }]]);
    expect(tokens.verify(token, without(tokenDigest('one')))).toBeDefined();
    expect(tokens.verify(token, without(tokenDigest('two')))).toBeUndefined();
  });

  it('cannot be made for another source, nor without the key', () => {
    const token = tokens.issue(source, tokenDigest('one'));
    const [, loginId, seal] = token.split('.');
    const forged = `bh_${Buffer.from('b').toString('base64url')}.${loginId}.${seal}`;
    const other = new Map([...sources, ['b', { ...source, name: 'b' }] as const]);
    expect(tokens.verify(forged, other)).toBeUndefined();
    const strange = new FacadeTokens(Buffer.alloc(32, 2), randomBytes);
    expect(strange.verify(token, sources)).toBeUndefined();
    for (const broken of [
      'bh_',
      'bh_..',
      `${token}A`,
      token.slice(0, -3),
      `bh_${'a'.repeat(1000)}`,
    ]) {
      expect(tokens.verify(broken, sources)).toBeUndefined();
    }
  });
});

describe('the token of a request', () => {
  it.each([
    [{ authorization: 'Bearer abc' }, {}, 'abc'],
    [{ authorization: 'bearer  abc ' }, {}, 'abc'],
    [{ authorization: `Basic ${Buffer.from('user:a:b').toString('base64')}` }, {}, 'a:b'],
    [{ authorization: `Basic ${Buffer.from('abc').toString('base64')}` }, {}, 'abc'],
    [{ authorization: 'Digest x' }, { token: 'abc' }, 'abc'],
    [{}, { access_token: 'a b/c=' }, 'a+b/c='],
    [{}, { access_token: ['abc', 'def'] }, 'abc'],
    [{}, { access_token: '' }, undefined],
    [{ authorization: 'Bearer' }, {}, undefined],
    [{ authorization: 'Basic' }, {}, undefined],
    [{}, {}, undefined],
  ])('%j %j is %j', (headers, query, token) => {
    expect(requestToken(headers, query)).toBe(token);
  });
});

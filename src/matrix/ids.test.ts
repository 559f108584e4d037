import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  isRoomAlias,
  localpart,
  parseEventId,
  parseMxcUri,
  parseRoomAlias,
  parseRoomId,
  parseRoomReference,
  parseUserId,
  serverName,
} from './ids.ts';

it('room ids are taken with and without a server', () => {
  expect(parseRoomId('!abc:example.org')).toBeDefined();
  expect(parseRoomId('!Q9vp6cZr_x-0rT1fTqCq9vp6cZr_x-0rT1fTqCq9vp6')).toBeDefined();
  for (const text of ['!', '#abc:example.org', '!a b', '!a\u0000', `!${'x'.repeat(255)}`]) {
    expect(parseRoomId(text)).toBeUndefined();
  }
});

it('users and aliases need a server', () => {
  expect(parseUserId('@bot:example.org:8448')).toBeDefined();
  expect(parseUserId('@bot:[::1]:8448')).toBeDefined();
  expect(parseRoomAlias('#ops:example.org')).toBeDefined();
  for (const text of ['@bot', '@bot:', '@bot:exa mple', '@bot:a/b', 'bot:example.org']) {
    expect(parseUserId(text)).toBeUndefined();
  }
});

it('a user id has a localpart up to the first colon, and the rest is the server', () => {
  const userId = parseUserId('@bot:example.org:8448');
  if (userId === undefined) throw new Error('not parsed');
  expect(localpart(userId)).toBe('bot');
  expect(serverName(userId)).toBe('example.org:8448');
});

it('a reference is an id or an alias', () => {
  const alias = parseRoomReference('#ops:example.org');
  const roomId = parseRoomReference('!abc');
  expect(alias && isRoomAlias(alias)).toBe(true);
  expect(roomId && isRoomAlias(roomId)).toBe(false);
  expect(parseRoomReference('ops')).toBeUndefined();
});

it('event ids and media addresses are told from what is none', () => {
  expect(parseEventId('$abc_-123')).toBeDefined();
  expect(parseEventId('abc')).toBeUndefined();
  expect(parseMxcUri('mxc://example.org/abc_-1')).toBeDefined();
  expect(parseMxcUri('mxc://example.org/a/b')).toBeUndefined();
  expect(parseMxcUri('https://example.org/abc')).toBeUndefined();
});

it('whatever is taken as an id can be percent-encoded and is short enough', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (rest) => {
      const id = parseRoomId(`!${rest}`);
      if (id === undefined) return;
      expect(() => encodeURIComponent(id)).not.toThrow();
      expect(Buffer.byteLength(id)).toBeLessThanOrEqual(255);
    }),
  );
});

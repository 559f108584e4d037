import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { readLibraryMessage } from './read-library-message.ts';

/** The places of what a message is refused for. */
function placesOf(message: unknown): readonly string[] {
  try {
    readLibraryMessage(message);
  } catch (thrown) {
    if (!(thrown instanceof Failure) || thrown.code !== 'bad_input') throw thrown;
    return thrown.problems.map((problem) => problem.slice(0, problem.indexOf(': ')));
  }
  return [];
}

const loop: unknown[] = [];
loop.push(loop);

describe('a message', () => {
  it.each<[string, unknown, ...string[]]>([
    ['an empty list of rooms', { room: [], body: 'x' }, '/room'],
    ['an empty room', { room: '', body: 'x' }, '/room'],
    ['a room that is no text', { room: 5, body: 'x' }, '/room'],
    ['a body that is no text', { body: 5 }, '/body'],
    ['nothing to say', { body: '' }, '/body'],
    ['only white space to say', { title: ' ', body: '\n' }, '/body'],
    ['a function for a title', { body: 'x', title: () => 'y' }, '/title'],
    ['a big integer for a body', { body: 5n }, '/body'],
    ['an unknown severity', { body: 'x', severity: 'bogus' }, '/severity'],
    ['an unknown format', { body: 'x', format: 'rtf' }, '/format'],
    ['fields that are no list', { body: 'x', fields: { x: 1 } }, '/fields'],
    ['fields that are text', { body: 'x', fields: 'x' }, '/fields'],
    ['an unknown name', { body: 'x', sevrity: 'error' }, '/sevrity'],
    [
      'names of HTTP only',
      { body: 'x', expire_after: '1s', late_after: '1s' },
      '/expire_after',
      '/late_after',
    ],
    [
      'several mistakes',
      { room: 5, body: 6, idempotencyKey: 7 },
      'idempotencyKey',
      '/room',
      '/body',
    ],
    ['an empty key', { body: 'x', idempotencyKey: '' }, 'idempotencyKey'],
    ['null for a key', { body: 'x', idempotencyKey: null }, 'idempotencyKey'],
    ['a key that is too long', { body: 'x', idempotencyKey: 'k'.repeat(256) }, 'Idempotency-Key'],
    ['itself in it', { body: 'x', links: loop }, 'message'],
    ['no members', 'x', 'message'],
    ['a list for members', [], 'message'],
    ['null for members', null, 'message'],
  ])('with %s is refused at its place', (_, message, ...places) => {
    expect(placesOf(message)).toEqual(places);
  });

  it('means what it says, and members that are undefined are not there', () => {
    const notification = {
      title: 'Disk',
      body: '**full** \ud83d\udcbe\r\n',
      format: 'markdown',
      severity: 'critical',
      status: 'firing',
      link: 'https://example.org/',
      links: [{ label: 'Log', url: 'https://example.org/log' }],
      fields: [{ name: 'host', value: 'db1' }],
      key: 'disk',
      origin: 'smartd',
      thread: '$root',
      mention: ['@a:example.org'],
      silent: true,
    };
    const unset = { idempotencyKey: undefined, expire_after: undefined, nonsense: undefined };
    expect(readLibraryMessage({ room: 'ops', ...notification, ...unset })).toEqual({
      rooms: ['ops'],
      notification,
      idempotency: undefined,
    });
    expect(readLibraryMessage({ body: 'x' })).toMatchObject({
      rooms: undefined,
      notification: { body: 'x', format: 'plain' },
    });
  });
});

it('a key goes with what is said, not with how it is written', () => {
  const digest = (message: object) =>
    readLibraryMessage({ idempotencyKey: 'k', ...message }).idempotency?.digest;
  const said = digest({ room: 'ops', body: 'x', title: 't' });
  expect(digest({ title: 't', format: 'plain', body: 'x', room: ['ops'] })).toBe(said);
  expect(digest({ room: 'ops', body: 'x', title: 'u' })).not.toBe(said);
  expect(digest({ room: 'alerts', body: 'x', title: 't' })).not.toBe(said);
  expect(digest({ body: 'x', title: 't' })).not.toBe(said);
});

import { describe, expect, it } from 'vitest';
import { type CheckedExchange, ExchangeChecker } from '../../test/openapi/check.ts';

const room = '/_matrix/client/v3/rooms/!abc';
const checker = new ExchangeChecker();

/** A send that breaks no rule, but for what is given. */
function check(more: Partial<CheckedExchange>): readonly string[] {
  return checker.checkExchange({
    method: 'PUT',
    path: `${room}/send/m.room.message/1`,
    query: new URLSearchParams(),
    headers: { authorization: 'Bearer x', 'content-type': 'application/json' },
    requestBody: { msgtype: 'm.text', body: 'x' },
    status: 200,
    responseBody: { event_id: '$e' },
    ...more,
  });
}

const createRoom = { method: 'POST', path: '/_matrix/client/v3/createRoom' };
const created = { responseBody: { room_id: '!r' } };

describe('the checker', () => {
  it('finds nothing in a send that is right', () => {
    expect(check({})).toEqual([]);
    expect(checker.covered).toContain('sendMessage');
  });

  it.each<[string, Partial<CheckedExchange>, RegExp]>([
    ['an unknown path', { path: '/_matrix/client/v3/ghost' }, /is not an operation/],
    ['a legacy path', { path: '/_matrix/client/r0/rooms/!a/send/m.x/1' }, /is not an operation/],
    ['a wrong method', { method: 'POST' }, /is not an operation/],
    ['a token in the query', { query: new URLSearchParams('access_token=x') }, /in the query/],
    ['no token', { headers: { 'content-type': 'application/json' } }, /no Bearer token/],
    [
      'basic authentication',
      { headers: { authorization: 'Basic x', 'content-type': 'application/json' } },
      /no Bearer token/,
    ],
    [
      'a form',
      { headers: { authorization: 'Bearer x', 'content-type': 'text/plain' } },
      /Content-Type/,
    ],
    ['no body', { requestBody: undefined }, /no body/],
    ['a room id that is none', { path: '/_matrix/client/v3/rooms/abc/send/m.x/1' }, /path roomId/],
    [
      'an unknown query parameter',
      { query: new URLSearchParams('ghost=1') },
      /query ghost is unknown/,
    ],
    ['an answer without its event id', { responseBody: {} }, /answer 200 .*event_id/],
    ['an answer of a status that is not documented', { status: 201 }, /status 201/],
    ['an error that is no standard error', { status: 418, responseBody: '<html>' }, /answer 418/],
    ['a field with a typo', { ...createRoom, ...created, requestBody: { nmae: 'x' } }, /nmae/],
    [
      'a value that is not allowed',
      { ...createRoom, ...created, requestBody: { preset: 'x' } },
      /request\/preset/,
    ],
    [
      'a deprecated operation',
      { method: 'GET', path: '/_matrix/media/v3/config', requestBody: undefined, responseBody: {} },
      /is deprecated/,
    ],
    [
      'a deprecated field',
      {
        method: 'POST',
        path: '/_matrix/client/v3/login',
        requestBody: { type: 'm.login.password', user: 'x' },
        responseBody: { user_id: '@a:b', access_token: 'x', device_id: 'D' },
      },
      /field user is deprecated/,
    ],
  ])('finds %s', (_case, more, violation) => {
    expect(check(more)).toEqual([expect.stringMatching(violation)]);
  });

  it('does not judge an answer that a fault gave, but its request', () => {
    const injected = { status: 502, responseBody: 'x', injected: true };
    expect(check(injected)).toEqual([]);
    expect(check({ ...injected, requestBody: undefined })).toHaveLength(1);
  });

  it('lets administration of Synapse pass', () => {
    expect(check({ path: '/_synapse/admin/v1/register' })).toEqual([]);
  });
});

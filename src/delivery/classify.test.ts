import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { MatrixError, type Refusal, TransportError } from '../matrix/errors.ts';
import { retryAfterMs } from '../matrix/retry-after.ts';
import { classify, classifyQuestion } from './classify.ts';

const line = 'PUT /_matrix/client/v3/rooms/!r/send/m.room.message/t';

function refusal(status: number, errcode: string, over: Partial<Refusal> = {}): MatrixError {
  return new MatrixError(line, { status, errcode, error: 'words', json: true, ...over });
}

const html = (status: number): MatrixError => refusal(status, 'M_UNKNOWN', { json: false });

/** The kind, with what else tells outcomes of a kind apart. */
function told(error: unknown): string {
  const setback = classify(error);
  if (setback.kind === 'dead') return `dead ${setback.reason}`;
  return setback.kind === 'failed' && setback.unknown ? 'failed unknown' : setback.kind;
}

const json: readonly [status: number, errcode: string, told: string][] = [
  [400, 'M_BAD_JSON', 'dead invalid'],
  [400, 'M_UNKNOWN', 'dead invalid'],
  [400, 'M_TOO_LARGE', 'dead too-large'],
  [400, 'M_UNRECOGNIZED', 'failed'],
  [401, 'M_UNKNOWN_TOKEN', 'account-blocked'],
  [401, 'M_MISSING_TOKEN', 'account-blocked'],
  [401, 'M_USER_LOCKED', 'account-blocked'],
  [403, 'M_FORBIDDEN', 'room-closed'],
  [403, 'M_UNKNOWN', 'room-closed'],
  [403, 'M_USER_SUSPENDED', 'account-blocked'],
  [403, 'M_CONSENT_NOT_GIVEN', 'account-blocked'],
  [403, 'M_RESOURCE_LIMIT_EXCEEDED', 'account-blocked'],
  [404, 'M_NOT_FOUND', 'room-closed'],
  [404, 'M_UNKNOWN', 'room-closed'],
  [404, 'M_UNRECOGNIZED', 'failed'],
  [405, 'M_UNRECOGNIZED', 'failed'],
  [408, 'M_UNKNOWN', 'failed'],
  [409, 'M_UNKNOWN', 'dead invalid'],
  [413, 'M_TOO_LARGE', 'dead too-large'],
  [413, 'M_UNKNOWN', 'dead too-large'],
  [421, 'M_UNKNOWN', 'failed'],
  [425, 'M_UNKNOWN', 'failed'],
  [429, 'M_LIMIT_EXCEEDED', 'limited'],
  [429, 'M_UNKNOWN', 'limited'],
  [500, 'M_UNKNOWN', 'failed unknown'],
  [502, 'M_UNKNOWN', 'failed unknown'],
  [503, 'M_FORBIDDEN', 'failed unknown'],
  [504, 'M_NOT_FOUND', 'failed unknown'],
  [200, 'M_UNKNOWN', 'failed unknown'],
];

const pages: readonly [status: number, told: string][] = [
  [200, 'failed unknown'],
  [204, 'failed unknown'],
  [301, 'failed'],
  [302, 'failed'],
  [400, 'failed'],
  [401, 'failed'],
  [403, 'failed'],
  [404, 'failed'],
  [413, 'dead too-large'],
  [429, 'limited'],
  [500, 'failed unknown'],
  [502, 'failed unknown'],
  [503, 'failed unknown'],
  [504, 'failed unknown'],
];

describe('an answer to a send', () => {
  it.each(json)('of %i %s is %s', (status, errcode, expected) => {
    expect(told(refusal(status, errcode))).toBe(expected);
  });

  it.each(pages)('of %i in HTML is %s', (status, expected) => {
    expect(told(html(status))).toBe(expected);
  });

  it('that limits closes the gate until the larger of header and body', () => {
    const header = { 'retry-after': '7' };
    const date = {
      date: 'Thu, 01 Jan 2026 00:00:00 GMT',
      'retry-after': 'Thu, 01 Jan 2026 00:00:09 GMT',
    };
    const limited = (ms: number | undefined) =>
      classify(refusal(429, 'M_LIMIT_EXCEEDED', { retryAfterMs: ms }));
    expect(limited(retryAfterMs(header, 6_500))).toMatchObject({ retryAfterMs: 7_000 });
    expect(limited(retryAfterMs(header, 7_500))).toMatchObject({ retryAfterMs: 7_500 });
    expect(limited(retryAfterMs(date, 8_000))).toMatchObject({ retryAfterMs: 9_000 });
    expect(limited(retryAfterMs({}, undefined))).toMatchObject({ retryAfterMs: 5_000 });
  });

  it('that never came is of unknown fate only if the request may have left', () => {
    expect(told(new TransportError('unreachable', line, 'ECONNREFUSED'))).toBe('away');
    expect(told(new TransportError('interrupted', line, 'ECONNRESET'))).toBe('failed unknown');
  });
});

describe('a session that could not be had', () => {
  it('waits for the homeserver, the disk, a limit or a person, by what is missing', () => {
    expect(told(new Failure('homeserver_unreachable'))).toBe('away');
    expect(classify(new Failure('homeserver_unreachable', { retryAfterMs: 300 }))).toMatchObject({
      kind: 'limited',
      retryAfterMs: 300,
    });
    for (const code of ['storage_full', 'storage_failed', 'storage_busy'] as const) {
      expect(told(new Failure(code))).toBe('failed');
    }
    for (const code of ['login_refused', 'not_logged_in', 'secret_unreadable'] as const) {
      expect(told(new Failure(code))).toBe('account-blocked');
    }
  });
});

describe('an answer to a question', () => {
  it('never ends an entry and never leaves its fate unknown', () => {
    for (const [status, errcode] of json) {
      const setback = classifyQuestion(refusal(status, errcode));
      expect(setback.kind).not.toBe('dead');
      if (setback.kind === 'failed') expect(setback.unknown).toBe(false);
    }
    const cut = classifyQuestion(new TransportError('interrupted', line, 'ECONNRESET'));
    expect(cut).toMatchObject({ kind: 'failed', unknown: false });
  });
});

it('what is no answer of the world is thrown on', () => {
  const bug = new TypeError('x is not a function');
  expect(() => classify(bug)).toThrow(bug);
});

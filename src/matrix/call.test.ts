import { expect, it } from 'vitest';
import { call } from './call.ts';
import { MatrixError } from './errors.ts';
import { textOf } from './json.ts';
import { type ScriptedAnswer, scriptedHomeserver } from './scripted-homeserver.contract.ts';

const request = {
  method: 'PUT',
  path: '/_matrix/client/v3/rooms/!x/send/m.room.message/t1?access=none',
  accessToken: 'syt_secret',
} as const;

async function refusalOf(answer: ScriptedAnswer): Promise<MatrixError> {
  const thrown: unknown = await call(
    scriptedHomeserver(() => answer),
    request,
  ).catch((error: unknown) => error);
  if (!(thrown instanceof MatrixError)) throw new Error('no MatrixError', { cause: thrown });
  return thrown;
}

it('a refusal keeps status, errcode, words and request line, and neither token nor query', async () => {
  const refusal = await refusalOf({
    status: 403,
    json: { errcode: 'M_FORBIDDEN', error: 'not in room' },
  });
  expect(refusal).toMatchObject({
    status: 403,
    errcode: 'M_FORBIDDEN',
    error: 'not in room',
    json: true,
    softLogout: false,
    retryAfterMs: undefined,
    message: 'PUT /_matrix/client/v3/rooms/!x/send/m.room.message/t1: 403 M_FORBIDDEN: not in room',
  });
  expect(JSON.stringify(refusal) + refusal.stack).not.toMatch(/secret|access=/);
});

it('a rate limit keeps the longer of both waits', async () => {
  const json = { errcode: 'M_LIMIT_EXCEEDED', error: 'Too Many Requests', retry_after_ms: 4756 };
  const refusal = await refusalOf({ status: 429, json, headers: { 'retry-after': '5' } });
  expect(refusal.retryAfterMs).toBe(5000);
});

it('a soft logout is told from a hard one', async () => {
  const json = { errcode: 'M_UNKNOWN_TOKEN', error: 'expired', soft_logout: true };
  expect((await refusalOf({ status: 401, json })).softLogout).toBe(true);
});

it("a proxy's error page is not JSON", async () => {
  const refusal = await refusalOf({ status: 502, text: '<html>Bad Gateway</html>' });
  expect(refusal).toMatchObject({ status: 502, errcode: 'M_UNKNOWN', json: false });
  expect(refusal.message).not.toContain('html');
});

it.each(['<html>Welcome</html>', '', '[]', 'null', '"text"'])(
  'a 200 that is not an object is a refusal: %j',
  async (text) => {
    expect(await refusalOf({ status: 200, text })).toMatchObject({ status: 200, json: false });
  },
);

it('a redirect is a refusal', async () => {
  expect(await refusalOf({ status: 302, text: '' })).toMatchObject({ status: 302, json: false });
});

it('an answer without the field it promises is unusable', async () => {
  const answer = await call(
    scriptedHomeserver(() => ({ json: { event_id: 7 } })),
    request,
  );
  expect(() => answer.need('event_id', textOf)).toThrow(
    '200 M_UNKNOWN: unusable answer: no event_id',
  );
});

it('a foreign errcode is kept, and what is none counts as M_UNKNOWN', async () => {
  const foreign = { errcode: 'ORG.MATRIX.MSC4140_DELAY_TOO_LARGE', error: 'x' };
  expect((await refusalOf({ status: 400, json: foreign })).errcode).toBe(foreign.errcode);
  expect((await refusalOf({ status: 400, json: { errcode: 'a b\n' } })).errcode).toBe('M_UNKNOWN');
});

it("a homeserver's words fit on one line", async () => {
  const error = `one\ntwo${'x'.repeat(1000)}`;
  const refusal = await refusalOf({ status: 400, json: { errcode: 'M_UNKNOWN', error } });
  expect(refusal.error).toMatch(/^one twox+…$/);
  expect(refusal.error.length).toBeLessThan(400);
});

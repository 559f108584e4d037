import { expect, it } from 'vitest';
import { callText } from './call-text.ts';
import type { UserId } from './ids.ts';
import { type ScriptedAnswer, scriptedHomeserver } from './scripted-homeserver.contract.ts';

const signal = new AbortController().signal;

async function answered(answer: ScriptedAnswer): Promise<string> {
  const homeserver = scriptedHomeserver(() => answer);
  const userId = '@bot:example.org' as UserId;
  const session = { homeserver, accessToken: 'token', userId, deviceId: 'DEVICE' };
  return await callText(session, { method: 'GET', path: '/x' }, signal);
}

it('what the homeserver said comes back to the letter', async () => {
  const text = ' {"b": 1,\n"a": 2}';
  expect(await answered({ text, status: 200 })).toBe(text);
});

it.each([
  [
    { text: '<html>', status: 200 },
    { status: 200, errcode: 'M_UNKNOWN', json: false },
  ],
  [
    { text: '[]', status: 200 },
    { status: 200, json: false },
  ],
  [{ json: { errcode: 'M_FORBIDDEN', error: 'no' }, status: 403 }, { errcode: 'M_FORBIDDEN' }],
  [
    { json: { errcode: 'M_LIMIT_EXCEEDED' }, status: 429, headers: { 'retry-after': '3' } },
    { status: 429, retryAfterMs: 3_000 },
  ],
])('another answer than a JSON object is a MatrixError: %j', async (answer, error) => {
  await expect(answered(answer)).rejects.toMatchObject({ name: 'MatrixError', ...error });
});

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { type AccountFixture, makeAccountFixture, speak } from './account-fixture.contract.ts';

const send = 'PUT /rooms/!r/send/m.room.message/t';
let at: AccountFixture;

beforeEach(async () => {
  at = await makeAccountFixture();
});

afterEach(async () => {
  await at.close();
});

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const thrown: unknown = await promise.catch((error: unknown) => error);
  if (!(thrown instanceof Failure)) throw new Error('not a Failure', { cause: thrown });
  return thrown;
}

const tokenSource = (token: string) => async () => await Promise.resolve(token);
const kinds = () => at.events.map(({ kind }) => kind);

describe('with a configured token', () => {
  const withToken = { password: undefined, accessToken: tokenSource('made-elsewhere') };

  it('it asks once whose token it is, and speaks from its device', async () => {
    at.server.issue('made-elsewhere', 'ELSEWHERE');
    expect(await speak(await at.open(withToken))).toBe('ELSEWHERE');
    expect(await speak(await at.open(withToken))).toBe('ELSEWHERE');
    expect(at.server.lines).toEqual(['GET /account/whoami', send, send]);
  });

  it('a token without a device is refused, and why', async () => {
    at.server.issue('made-elsewhere', undefined);
    const failure = await failureOf(speak(await at.open(withToken)));
    expect(failure.code).toBe('login_refused');
    expect(failure.message).toContain('would not survive a restart of the homeserver');
    expect(at.server.lines).not.toContain(send);
  });

  it("another user's token is refused", async () => {
    const whoami = { user_id: '@other:example.org', device_id: 'D' };
    at.server.fault = () => ({ status: 200, json: whoami });
    const failure = await failureOf(speak(await at.open(withToken)));
    expect(failure.message).toContain('belong to @other:example.org');
  });

  it('another configured token replaces the stored one', async () => {
    at.server.issue('made-elsewhere', 'ELSEWHERE');
    at.server.issue('newer', 'NEWER');
    await speak(await at.open(withToken));
    const accounts = await at.open({ password: undefined, accessToken: tokenSource('newer') });
    expect(await speak(accounts)).toBe('NEWER');
    expect(kinds()).toEqual(['logged-in', 'logged-in', 'new-device']);
  });

  it('a file with another token counts as soon as the old one is refused', async () => {
    let token = 'made-elsewhere';
    at.server.issue('made-elsewhere', 'ELSEWHERE');
    const accounts = await at.open({
      password: undefined,
      accessToken: async () => await Promise.resolve(token),
    });
    await speak(accounts);
    at.server.hardLogout();
    at.server.issue('newer', 'ELSEWHERE');
    token = 'newer';
    expect(await speak(accounts)).toBe('ELSEWHERE');
  });

  it('a token that is revoked blocks the account until another is stored', async () => {
    at.server.issue('made-elsewhere', 'ELSEWHERE');
    const accounts = await at.open(withToken);
    await speak(accounts);
    at.server.hardLogout();
    expect((await failureOf(speak(accounts))).code).toBe('login_refused');
    const asked = at.server.lines.length;
    expect((await failureOf(speak(accounts))).code).toBe('login_refused');
    expect(at.server.lines).toHaveLength(asked);
    const stored = await at.store.read('main');
    if (stored === undefined) throw new Error('nothing stored');
    at.server.issue('by-hand', 'BY-HAND');
    await at.store.write('main', { ...stored, accessToken: 'by-hand', deviceId: 'BY-HAND' });
    expect(await speak(accounts)).toBe('BY-HAND');
  });
});

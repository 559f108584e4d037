import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { MatrixError, TransportError } from '../matrix/errors.ts';
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

const kinds = () => at.events.map(({ kind }) => kind);

describe('with a password', () => {
  it('it logs in once and speaks from the same device after a restart', async () => {
    expect(await speak(await at.open())).toBe('DEVICE1');
    expect(await speak(await at.open())).toBe('DEVICE1');
    expect(at.server.lines).toEqual(['POST /login', send, send]);
    expect(at.server.logins[0]).toMatchObject({
      identifier: { type: 'm.id.user', user: '@bot:example.org' },
      refresh_token: true,
      initial_device_display_name: 'Bellhop',
    });
    expect(kinds()).toEqual(['logged-in']);
  });

  it('many who speak at once share one login', async () => {
    const accounts = await at.open();
    await Promise.all(Array.from({ length: 10 }, async () => await speak(accounts)));
    expect(at.server.logins).toHaveLength(1);
  });

  it('after a soft logout it logs in again on the same device', async () => {
    const accounts = await at.open();
    await speak(accounts);
    at.server.softLogout();
    expect(await speak(accounts)).toBe('DEVICE1');
    expect(at.server.logins.map(({ device_id: id }) => id)).toEqual([undefined, 'DEVICE1']);
    expect(kinds()).toEqual(['logged-in', 'logged-in']);
  });

  it('after a hard logout it takes a new device and says so', async () => {
    const accounts = await at.open();
    await speak(accounts);
    at.server.hardLogout();
    expect(await speak(accounts)).toBe('DEVICE2');
    expect(accounts.deviceId('main')).toBe('DEVICE2');
    expect(at.events.at(-1)).toEqual({
      kind: 'new-device',
      account: 'main',
      deviceId: 'DEVICE2',
      previousDeviceId: 'DEVICE1',
    });
  });

  it('a wrong password blocks it, without asking again at every try', async () => {
    at.server.password = 'changed';
    const accounts = await at.open();
    for (let i = 0; i < 3; i++) {
      const failure = await failureOf(speak(accounts));
      expect(failure.code).toBe('login_refused');
      expect(failure.message).toContain('Invalid password');
    }
    expect(at.server.logins).toHaveLength(1);
    expect(kinds()).toEqual(['blocked']);
  });

  it('a reload, or ten minutes, let a blocked account try again', async () => {
    at.server.password = 'changed';
    const accounts = await at.open();
    await failureOf(speak(accounts));
    accounts.reload();
    await failureOf(speak(accounts));
    expect(at.server.logins).toHaveLength(2);
    at.server.password = 'password';
    at.advance(10 * 60_000);
    expect(await speak(accounts)).toBe('DEVICE1');
  });

  it('a limited login says when, blocks nothing and is no fate of the request', async () => {
    const limited = { errcode: 'M_LIMIT_EXCEEDED', error: 'Too Many', retry_after_ms: 308_000 };
    at.server.fault = (line) =>
      line === 'POST /login' ? { status: 429, json: limited } : undefined;
    const accounts = await at.open();
    const failure = await failureOf(speak(accounts));
    expect(failure).toMatchObject({ code: 'homeserver_unreachable', retryAfterMs: 308_000 });
    at.server.fault = () => undefined;
    expect(await speak(accounts)).toBe('DEVICE1');
  });

  it('a login whose answer is lost is no interrupted request', async () => {
    at.server.fault = (line) => (line === 'POST /login' ? 'drop' : undefined);
    const failure = await failureOf(speak(await at.open()));
    expect(failure.code).toBe('homeserver_unreachable');
    expect(failure.cause).toBeInstanceOf(TransportError);
  });

  it('a server without password login is named as such', async () => {
    const unrecognized = { errcode: 'M_UNRECOGNIZED', error: 'Unrecognized request' };
    at.server.fault = () => ({ status: 404, json: unrecognized });
    const failure = await failureOf(speak(await at.open()));
    expect(failure.message).toContain('configure an access token');
  });

  it('a server that refuses what it has just given is asked a bounded number of times', async () => {
    const spent = { errcode: 'M_UNKNOWN_TOKEN', error: 'no' };
    at.server.fault = (line) => (line === send ? { status: 401, json: spent } : undefined);
    expect((await failureOf(speak(await at.open()))).code).toBe('login_refused');
    expect(at.server.logins.length).toBeLessThanOrEqual(4);
  });
});

describe('with short-lived tokens', () => {
  beforeEach(() => {
    at.server.lifetimeMs = 300_000;
  });

  it('it refreshes before they expire, and keeps its device', async () => {
    const accounts = await at.open();
    await speak(accounts);
    at.advance(269_000);
    await speak(accounts);
    expect(at.server.lines).not.toContain('POST /refresh');
    at.advance(2_000);
    expect(await speak(accounts)).toBe('DEVICE1');
    expect(at.server.lines.filter((line) => line === 'POST /refresh')).toHaveLength(1);
    expect(kinds()).toEqual(['logged-in', 'refreshed']);
  });

  it('a token that lives shorter than the margin serves for half its life', async () => {
    at.server.lifetimeMs = 10_000;
    const accounts = await at.open();
    await speak(accounts);
    at.advance(4_900);
    await speak(accounts);
    expect(at.server.lines).not.toContain('POST /refresh');
    at.advance(200);
    await speak(accounts);
    expect(at.server.lines).toContain('POST /refresh');
  });

  it('the new pair is stored before it is used', async () => {
    const accounts = await at.open();
    await speak(accounts);
    at.advance(280_000);
    let stored: Promise<unknown> = Promise.resolve();
    at.server.fault = (line) => {
      if (line === send) stored = at.store.read('main');
      return undefined;
    };
    await speak(accounts);
    expect(await stored).toMatchObject({ accessToken: 'access-2', refreshToken: 'refresh-2' });
  });

  it('an expiry nobody foresaw is answered with a refresh', async () => {
    const accounts = await at.open();
    await speak(accounts);
    at.server.softLogout();
    expect(await speak(accounts)).toBe('DEVICE1');
    expect(at.server.lines).toEqual(['POST /login', send, send, 'POST /refresh', send]);
  });

  it('a refresh that fails early leaves the old token in use', async () => {
    const accounts = await at.open();
    await speak(accounts);
    at.advance(280_000);
    at.server.fault = (line) => (line === 'POST /refresh' ? { status: 502, json: {} } : undefined);
    await speak(accounts);
    await speak(accounts);
    expect(at.server.lines.filter((line) => line === 'POST /refresh')).toHaveLength(1);
    at.server.fault = () => undefined;
    at.advance(11_000);
    await speak(accounts);
    expect((await at.store.read('main'))?.accessToken).toBe('access-2');
  });

  it('a refresh that fails after the expiry fails, and keeps the refresh token', async () => {
    const accounts = await at.open();
    await speak(accounts);
    at.advance(400_000);
    at.server.softLogout();
    at.server.fault = (line) => (line === 'POST /refresh' ? 'drop' : undefined);
    expect((await failureOf(speak(accounts))).code).toBe('homeserver_unreachable');
    expect((await at.store.read('main'))?.refreshToken).toBe('refresh-1');
    at.server.fault = () => undefined;
    expect(await speak(accounts)).toBe('DEVICE1');
  });

  it('a refused refresh token leads to a login, on the same device while it is kept', async () => {
    const accounts = await at.open();
    await speak(accounts);
    at.server.softLogout();
    const refused = { errcode: 'M_FORBIDDEN', error: 'used before' };
    at.server.fault = (line) =>
      line === 'POST /refresh' ? { status: 403, json: refused } : undefined;
    expect(await speak(accounts)).toBe('DEVICE1');
    expect(at.server.logins).toHaveLength(2);
  });

  it('without a password a refused refresh leaves the token in use until it expires', async () => {
    await speak(await at.open());
    at.advance(280_000);
    const accounts = await at.open({ password: undefined });
    at.server.fault = (line) =>
      line === 'POST /refresh'
        ? { status: 401, json: { errcode: 'M_UNKNOWN_TOKEN', error: 'gone' } }
        : undefined;
    expect(await speak(accounts)).toBe('DEVICE1');
    at.advance(21_000);
    expect((await failureOf(speak(accounts))).code).toBe('login_refused');
  });

  it('many refused at once share one refresh', async () => {
    const accounts = await at.open();
    await speak(accounts);
    at.server.softLogout();
    await Promise.all(Array.from({ length: 10 }, async () => await speak(accounts)));
    expect(at.server.lines.filter((line) => line === 'POST /refresh')).toHaveLength(1);
  });

  it('what another process renewed is taken from the store', async () => {
    const one = await at.open();
    const other = await at.open();
    await speak(one);
    await speak(other);
    at.server.softLogout();
    await speak(one);
    expect(await speak(other)).toBe('DEVICE1');
    expect(at.server.lines.filter((line) => line === 'POST /refresh')).toHaveLength(1);
    expect(at.server.logins).toHaveLength(1);
  });
});

describe('blocked by its homeserver', () => {
  it.each([
    [401, 'M_USER_LOCKED', 'unlock'],
    [403, 'M_USER_SUSPENDED', 'suspended'],
    [403, 'M_USER_DEACTIVATED', 'deactivated'],
    [403, 'M_CONSENT_NOT_GIVEN', 'terms'],
    [401, 'M_MISSING_TOKEN', 'proxy'],
  ])('%i %s has its own words and is not asked at every try', async (status, errcode, words) => {
    const accounts = await at.open();
    const refusal = { errcode, error: 'as it says', soft_logout: true };
    at.server.fault = (line) => (line === send ? { status, json: refusal } : undefined);
    const failure = await failureOf(speak(accounts));
    expect(failure.code).toBe('login_refused');
    expect(failure.message).toContain(words);
    expect(failure.message).toContain('as it says');
    await failureOf(speak(accounts));
    expect(at.server.lines.filter((line) => line === send)).toHaveLength(1);
    expect(at.server.logins).toHaveLength(1);
    expect(kinds()).toEqual(['logged-in', 'blocked']);
    at.server.fault = () => undefined;
    at.advance(10 * 60_000);
    expect(await speak(accounts)).toBe('DEVICE1');
  });

  it('what concerns the request alone passes through', async () => {
    const accounts = await at.open();
    const refusal = { errcode: 'M_FORBIDDEN', error: 'not in room' };
    at.server.fault = (line) => (line === send ? { status: 403, json: refusal } : undefined);
    await expect(speak(accounts)).rejects.toThrow(MatrixError);
    at.server.fault = (line) => (line === send ? 'drop' : undefined);
    await expect(speak(accounts)).rejects.toMatchObject({ kind: 'interrupted' });
    expect(kinds()).toEqual(['logged-in']);
  });

  it('what an operation throws before it waits for anything is a rejection, from the first', async () => {
    const accounts = await at.open();
    await speak(accounts);
    const broken = () => {
      throw new MatrixError(send, { status: 403, errcode: 'M_FORBIDDEN', error: '', json: true });
    };
    const { signal } = new AbortController();
    const outcome = accounts.withSession('main', broken, signal).catch((error: unknown) => error);
    expect(await outcome).toBeInstanceOf(MatrixError);
  });
});

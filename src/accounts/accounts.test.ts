import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { openNodeHomeserver } from '../matrix/node-homeserver.ts';
import { type AccountFixture, makeAccountFixture, speak } from './account-fixture.contract.ts';
import { openAccounts } from './accounts.ts';

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

it('without anything to log in with, it says so until somebody logs in', async () => {
  const accounts = await at.open({ password: undefined });
  expect((await failureOf(speak(accounts))).code).toBe('not_logged_in');
  expect((await failureOf(speak(accounts))).code).toBe('not_logged_in');
  expect(at.events.map(({ kind }) => kind)).toEqual(['blocked']);
  await speak(await at.open());
  expect(await speak(accounts)).toBe('DEVICE1');
});

it('where the server name leads nowhere, it says how to name the homeserver', async () => {
  const nowhere = (baseUrl: string) => ({
    baseUrl,
    request: async () => await Promise.resolve({ status: 200, headers: {}, body: '{}' }),
    close: async () => await Promise.resolve(),
  });
  const ports = { ...at.ports, openHomeserver: nowhere };
  const accounts = await openAccounts([{ ...at.options, homeserver: undefined }], ports);
  await expect(speak(accounts)).rejects.toMatchObject({
    code: 'homeserver_unusable',
    detail: expect.stringContaining('name that as `homeserver` in the configuration'),
  });
  await accounts.close();
});

it('the homeserver is found through the server name once, and remembered', async () => {
  const discovered: string[] = [];
  const ports = {
    ...at.ports,
    openHomeserver: (baseUrl: string) => {
      discovered.push(baseUrl);
      // Only the well-known file is asked for at the server name itself.
      if (baseUrl !== 'https://example.org') return openNodeHomeserver(baseUrl);
      const body = JSON.stringify({ 'm.homeserver': { base_url: at.server.baseUrl } });
      return {
        baseUrl,
        request: async () => await Promise.resolve({ status: 200, headers: {}, body }),
        close: async () => await Promise.resolve(),
      };
    },
  };
  at.server.fault = (line) =>
    line.endsWith('/versions') ? { status: 200, json: { versions: ['v1.15'] } } : undefined;
  const options = { ...at.options, homeserver: undefined };
  const accounts = await openAccounts([options], ports);
  expect(accounts.homeserver('main')).toBe('example.org');
  await speak(accounts);
  expect(accounts.homeserver('main')).toBe(at.server.baseUrl);
  expect(at.events[0]).toMatchObject({ kind: 'discovered', homeserver: at.server.baseUrl });
  await accounts.close();

  discovered.length = 0;
  const again = await openAccounts([options], ports);
  expect(again.homeserver('main')).toBe(at.server.baseUrl);
  expect(again.deviceId('main')).toBe('DEVICE1');
  await speak(again);
  expect(discovered).toEqual([at.server.baseUrl]);
  await again.close();
});

it('a homeserver that is away is no reason to log in again', async () => {
  const accounts = await openAccounts(
    [{ ...at.options, homeserver: 'http://127.0.0.1:1' }],
    at.ports,
  );
  expect((await failureOf(speak(accounts))).code).toBe('homeserver_unreachable');
  expect(at.events).toEqual([]);
  await accounts.close();
});

it('credentials of another user are not used', async () => {
  await speak(await at.open());
  const stored = await at.store.read('main');
  if (stored === undefined) throw new Error('nothing stored');
  await at.store.write('main', { ...stored, userId: '@old:example.org' as typeof stored.userId });
  const accounts = await at.open();
  expect(accounts.deviceId('main')).toBeUndefined();
  expect(await speak(accounts)).toBe('DEVICE2');
});

it('a file that is no credentials file stops its account and is left alone', async () => {
  await speak(await at.open());
  await writeFile(join(at.directory, 'accounts', 'main.json'), '{"accessToken":');
  const failure = await failureOf(speak(await at.open()));
  expect(failure.code).toBe('secret_unreadable');
  expect(at.server.logins).toHaveLength(1);
});

it('a homeserver that is no URL is a mistake of the configuration', async () => {
  const accounts = await at.open({ homeserver: 'matrix.example.org' });
  expect((await failureOf(speak(accounts))).code).toBe('config_invalid');
});

it('an abort ends the wait of one and not the login of all', async () => {
  const accounts = await at.open();
  const aborter = new AbortController();
  const impatient = failureOf(speak(accounts, aborter.signal));
  const patient = speak(accounts);
  aborter.abort();
  expect((await impatient).code).toBe('homeserver_unreachable');
  expect(await patient).toBe('DEVICE1');
  expect(at.server.logins).toHaveLength(1);
});

it('a name that is not configured is not found', async () => {
  const accounts = await at.open();
  expect(accounts.names).toEqual(['main']);
  expect(() => accounts.homeserver('other')).toThrow(Failure);
  const signal = new AbortController().signal;
  const asked = accounts.withSession('other', async () => await Promise.resolve(), signal);
  expect((await failureOf(asked)).code).toBe('not_found');
});

it('no failure and no event holds a token or a password', async () => {
  at.server.lifetimeMs = 300_000;
  const accounts = await at.open();
  await speak(accounts);
  at.server.hardLogout();
  at.server.password = 'changed';
  const failure = await failureOf(speak(accounts));
  const cause = failure.cause instanceof Error ? failure.cause.message : '';
  expect(JSON.stringify([failure, at.events]) + failure.stack + cause).not.toMatch(
    /access-\d|refresh-\d|"password"/,
  );
});

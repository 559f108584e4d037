import { expect, it } from 'vitest';
import type { MatrixRequest } from '../matrix/homeserver.ts';
import { FakeCryptoDevice } from './fake-crypto-device.contract.ts';
import { roomId, ScriptedAccount } from './scripted-account.contract.ts';

const { signal } = new AbortController();

const facts = {
  encryption: '{"algorithm":"m.megolm.v1.aes-sha2"}',
  historyVisibility: 'shared',
  joined: ['@gone:example.org'],
  invited: [],
} as const;

const sinceOf = ({ path }: MatrixRequest): string | null =>
  new URLSearchParams(path.split('?')[1]).get('since');

const isSync = ({ path }: MatrixRequest): boolean => path.includes('/sync?');

it('it goes on from the token in the store', async () => {
  await using at = new ScriptedAccount(() => new FakeCryptoDevice('s7'));
  await at.encryption().ready('main', signal);
  const [sync] = at.homeserver.requests.filter(isSync);
  expect(sync).toMatchObject({ method: 'GET', deadlineMs: 60_000 });
  expect(sync === undefined ? undefined : sinceOf(sync)).toBe('s7');
  expect(at.device().syncs).toEqual(['{"next_batch":"s1"}']);
});

it('a token that the homeserver has lost begins anew, with the members of all kept rooms and their devices asked for first', async () => {
  await using at = new ScriptedAccount(() => {
    const device = new FakeCryptoDevice('lost');
    device.kept.set(roomId, facts);
    device.kept.set('!left:example.org', facts);
    return device;
  });
  at.answer = (request) => {
    if (request.path.includes(encodeURIComponent('!left:example.org'))) {
      return { status: 403, json: { errcode: 'M_FORBIDDEN', error: 'not in the room' } };
    }
    return isSync(request) && sinceOf(request) === 'lost'
      ? { status: 400, json: { errcode: 'M_UNKNOWN_POS', error: 'expired' } }
      : undefined;
  };
  await at.encryption().ready('main', signal);
  const device = at.device();
  expect(device.kept.get(roomId)?.joined).toEqual(['@a:example.org']);
  expect(device.calls.lastIndexOf('setRoom')).toBeLessThan(device.calls.indexOf('receiveSync'));
  expect(device.calls.indexOf('doubtDevices')).toBeLessThan(device.calls.indexOf('receiveSync'));
  expect(device.calls).toContain('doubtDevices');
  expect(at.homeserver.requests.filter(isSync).map(sinceOf)).toEqual(['lost', null]);
});

it('what could not be stored is asked for again', async () => {
  await using at = new ScriptedAccount(() => {
    const device = new FakeCryptoDevice('s0');
    let tries = 0;
    device.before = (operation) => {
      if (operation === 'receiveSync' && ++tries === 1) throw new Error('disk full');
    };
    return device;
  });
  const encryption = at.encryption();
  await expect(encryption.ready('main', signal)).rejects.toThrow('disk full');
  await encryption.ready('main', signal);
  expect(at.homeserver.requests.filter(isSync).map(sinceOf)).toEqual(['s0', 's0']);
});

it('an answer without a token is none', async () => {
  await using at = new ScriptedAccount();
  at.answer = (request) => (isSync(request) ? { json: { rooms: {} } } : undefined);
  await expect(at.encryption().ready('main', signal)).rejects.toMatchObject({
    code: 'homeserver_unusable',
  });
  expect(at.device().syncs).toEqual([]);
});

it('news of rooms are passed on', async () => {
  await using at = new ScriptedAccount();
  const news = { next_batch: 's2', rooms: { join: { [roomId]: {} } } };
  at.answer = (request) => (isSync(request) ? { json: news } : undefined);
  await at.encryption().ready('main', signal);
  expect(at.events).toContain('news 1');
});

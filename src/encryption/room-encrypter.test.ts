import { expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { FakeCryptoDevice, request } from './fake-crypto-device.contract.ts';
import { message, ScriptedAccount } from './scripted-account.contract.ts';

const { signal } = new AbortController();

const deviceWith = (change: (device: FakeCryptoDevice) => void) => () => {
  const device = new FakeCryptoDevice();
  change(device);
  return device;
};

const refuse = (status: number) => ({ status, json: { errcode: 'M_UNKNOWN', error: 'no' } });

it('keys are claimed until none is missing, one claim at a time', async () => {
  await using at = new ScriptedAccount(
    deviceWith(({ claims }) =>
      claims.push(...['a', 'b', 'c'].map((id) => request('keys-claim', id))),
    ),
  );
  await at.encryption().encrypt(message, signal);
  expect(at.device().marked).toEqual(['a', 'b', 'c']);
});

it('a room that needs many claims lets another have its turn in between', async () => {
  const rooms = { large: message.roomId, small: '!small:example.org' as typeof message.roomId };
  const many = ['a', 'b', 'c', 'd'].map((id) => request('keys-claim', id));
  await using at = new ScriptedAccount(
    deviceWith((device) => {
      device.claimMissing = async (roomId?: string) => {
        await Promise.resolve();
        if (roomId !== rooms.large) return undefined;
        return many.find(({ id }) => !device.marked.includes(id));
      };
    }),
  );
  const encryption = at.encryption();
  const order: string[] = [];
  const say = async (roomId: typeof message.roomId) => {
    await encryption.encrypt({ ...message, roomId }, signal);
    order.push(roomId);
  };
  await Promise.all([say(rooms.large), say(rooms.small)]);
  expect(order).toEqual([rooms.small, rooms.large]);
  expect(at.device().marked).toEqual(['a', 'b', 'c', 'd']);
});

it('a claim that changes nothing is not repeated within a message', async () => {
  await using at = new ScriptedAccount(
    deviceWith(({ claims }) => claims.push({ ...request('keys-claim', ''), path: '/claim' })),
  );
  await at.encryption().encrypt(message, signal);
  expect(at.lines('/claim')).toHaveLength(1);
});

it('a claim that keeps failing holds a message up twice', async () => {
  await using at = new ScriptedAccount(
    deviceWith(({ claims }) => claims.push(request('keys-claim', 'a'))),
  );
  at.answer = ({ path }) => (path.startsWith('/keys-claim') ? refuse(504) : undefined);
  const encryption = at.encryption();
  await expect(encryption.encrypt(message, signal)).rejects.toThrow('504');
  await expect(encryption.encrypt(message, signal)).rejects.toThrow('504');
  await encryption.encrypt(message, signal);
  expect(at.lines('/keys-claim/a')).toHaveLength(3);
});

it('a claim whose answers cannot be read holds a message up twice', async () => {
  await using at = new ScriptedAccount(
    deviceWith((device) => {
      device.claims.push(request('keys-claim', 'a'));
      device.before = (operation) => {
        if (operation === 'markSent') throw new Failure('homeserver_unusable');
      };
    }),
  );
  const encryption = at.encryption();
  await expect(encryption.encrypt(message, signal)).rejects.toThrow('not a usable');
  await expect(encryption.encrypt(message, signal)).rejects.toThrow('not a usable');
  await encryption.encrypt(message, signal);
});

it('a homeserver that asks for patience is waited for', async () => {
  await using at = new ScriptedAccount(
    deviceWith(({ claims }) => claims.push(request('keys-claim', 'a'))),
  );
  at.answer = ({ path }) => (path.startsWith('/keys-claim') ? refuse(429) : undefined);
  const encryption = at.encryption();
  for (let tries = 0; tries < 5; tries++) {
    await expect(encryption.encrypt(message, signal)).rejects.toThrow('429');
  }
  expect(at.device().calls).not.toContain('encrypt');
});

it('nothing is encrypted before every share was taken, and those taken are not repeated', async () => {
  await using at = new ScriptedAccount(
    deviceWith(({ shares }) =>
      shares.push(...['a', 'b', 'c', 'd', 'e', 'f'].map((id) => request('to-device', id))),
    ),
  );
  at.answer = ({ path }) => (path.endsWith('/b') ? refuse(500) : undefined);
  const encryption = at.encryption();
  await expect(encryption.encrypt(message, signal)).rejects.toThrow('500');
  expect(at.device().calls).not.toContain('encrypt');
  at.answer = () => undefined;
  await encryption.encrypt(message, signal);
  expect([...at.device().marked].sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
});

it('messages of one room take turns, and another room does not wait for them', async () => {
  await using at = new ScriptedAccount();
  const held = Promise.withResolvers<void>();
  const encryption = at.encryption();
  await encryption.ready('main', signal);
  let holding = true;
  at.device().before = async (operation) => {
    if (operation !== 'shareRoomKey' || !holding) return;
    holding = false;
    await held.promise;
  };
  const order: string[] = [];
  const say = async (roomId: typeof message.roomId, word: string) => {
    await encryption.encrypt({ ...message, roomId }, signal);
    order.push(word);
  };
  const first = say(message.roomId, 'first');
  const second = say(message.roomId, 'second');
  await say('!other:example.org' as typeof message.roomId, 'elsewhere');
  held.resolve();
  await Promise.all([first, second]);
  expect(order).toEqual(['elsewhere', 'first', 'second']);
});

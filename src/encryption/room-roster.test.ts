import { expect, it } from 'vitest';
import { FakeCryptoDevice } from './fake-crypto-device.contract.ts';
import { RoomRoster } from './room-roster.ts';
import { roomId, ScriptedAccount } from './scripted-account.contract.ts';

const { signal } = new AbortController();

interface Scene {
  readonly at: ScriptedAccount;
  readonly device: FakeCryptoDevice;
  readonly roster: RoomRoster;
  readonly sync: { applied: number; held: number };
}

async function open(): Promise<Scene> {
  const at = new ScriptedAccount();
  const device = new FakeCryptoDevice();
  const sync = {
    applied: 0,
    held: 0,
    async undisturbed<Result>(work: () => Promise<Result>): Promise<Result> {
      sync.held++;
      return await work().finally(() => sync.held--);
    },
  };
  return { at, device, sync, roster: new RoomRoster(device, await at.session(), sync) };
}

const reads = ({ at }: Scene): number => at.lines('/joined_members').length;
const asked = ({ device }: Scene): number => device.calls.filter((it) => it === 'room').length;

it('a room is read once, and the device asked again after a sync', async () => {
  const scene = await open();
  for (let i = 0; i < 3; i++) await scene.roster.ensure(roomId, signal);
  expect([reads(scene), asked(scene)]).toEqual([1, 1]);
  scene.sync.applied++;
  await scene.roster.ensure(roomId, signal);
  expect([reads(scene), asked(scene)]).toEqual([1, 2]);
});

it('a room of whose members the device is no longer sure is read again', async () => {
  const scene = await open();
  await scene.roster.ensure(roomId, signal);
  scene.sync.applied++;
  scene.device.kept.clear();
  await scene.roster.ensure(roomId, signal);
  expect(reads(scene)).toBe(2);
});

it('what the homeserver says of the room is kept', async () => {
  const scene = await open();
  const member = (userId: string, membership: string) => ({
    type: 'm.room.member',
    event_id: '$1',
    sender: '@a:example.org',
    state_key: userId,
    content: { membership },
  });
  scene.at.answer = ({ path }) =>
    path.includes('/members?')
      ? { json: { chunk: [member('@b:example.org', 'invite'), member('@c:example.org', 'join')] } }
      : undefined;
  await scene.roster.ensure(roomId, signal);
  expect(scene.device.kept.get(roomId)).toEqual({
    encryption: '{"algorithm":"m.megolm.v1.aes-sha2","rotation_period_msgs":7}',
    historyVisibility: 'joined',
    joined: ['@a:example.org'],
    invited: ['@b:example.org'],
  });
});

it('a room whose settings are gone is encrypted as rooms usually are', async () => {
  const scene = await open();
  scene.at.answer = ({ path }) =>
    path.includes('/state/')
      ? { status: 404, json: { errcode: 'M_NOT_FOUND', error: 'not found' } }
      : undefined;
  await scene.roster.ensure(roomId, signal);
  expect(scene.device.kept.get(roomId)).toMatchObject({
    encryption: '{"algorithm":"m.megolm.v1.aes-sha2"}',
    historyVisibility: 'shared',
  });
});

it('a room that a sync came between is read again, in the end with syncs held back', async () => {
  const scene = await open();
  let heldAtLast = 0;
  scene.at.answer = ({ path }) => {
    if (!path.endsWith('/joined_members')) return undefined;
    scene.sync.applied++;
    heldAtLast = scene.sync.held;
    return { json: { joined: { [`@read-${reads(scene)}:example.org`]: {} } } };
  };
  await scene.roster.ensure(roomId, signal);
  expect(reads(scene)).toBe(3);
  expect(heldAtLast).toBe(1);
  expect(scene.device.kept.get(roomId)?.joined).toEqual(['@read-3:example.org']);
});

it('a room that cannot be read is not kept', async () => {
  const scene = await open();
  scene.at.answer = ({ path }) =>
    path.endsWith('/joined_members')
      ? { status: 403, json: { errcode: 'M_FORBIDDEN', error: 'not in the room' } }
      : undefined;
  await expect(scene.roster.ensure(roomId, signal)).rejects.toThrow('M_FORBIDDEN');
  expect(scene.device.kept.size).toBe(0);
});

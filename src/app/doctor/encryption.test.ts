import { chmodSync, existsSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type House, openHouse } from '../../cli/commands/house.contract.ts';
import type { UserId } from '../../matrix/ids.ts';
import { OlmClient } from '../../testing/olm-client.contract.ts';

/** The engine starts in a thread of its own for each command, and other suites share the machine. */
const timeout = 60_000;

interface Line {
  readonly check: string;
  readonly state: string;
  readonly detail: string;
  readonly remedy?: string;
}

/** What doctor says of one thing, and how it exits. */
async function examine(house: House, check: string): Promise<{ said: Line[]; exit: number }> {
  const { out, exit } = await house.run(['doctor', '--json']);
  const lines = out.split('\n').filter((line) => line !== '');
  const said = lines.map((line) => JSON.parse(line) as Line);
  return { said: said.filter((line) => line.check === check), exit };
}

async function setUp(house: House): Promise<void> {
  const { exit } = await house.run(['account', 'identity', 'setup']);
  expect(exit).toBe(0);
}

const store = (house: House): string => join(house.dataDir, 'encryption', 'main.db');

/** Puts what the account remembers of the device's store in place of what was there. */
async function remember({ homeserver, bot }: House, record: object): Promise<void> {
  const user = encodeURIComponent(bot.userId);
  const path = `/_matrix/client/v3/user/${user}/account_data/org.bellhop.device.${bot.deviceId}`;
  const headers = {
    authorization: `Bearer ${bot.accessToken}`,
    'content-type': 'application/json',
  };
  const body = JSON.stringify(record);
  const { status } = await fetch(homeserver.baseUrl + path, { method: 'PUT', headers, body });
  expect(status).toBe(200);
}

/** A member with one device, which its owner has signed or not. */
async function addMember(house: House, name: string, signed: boolean): Promise<UserId> {
  const user = house.homeserver.createUser(name);
  house.homeserver.setState(house.roomId, 'm.room.member', user.userId, { membership: 'join' });
  using device = await OlmClient.start(house.homeserver.baseUrl, user);
  if (!signed) return user.userId;
  const { keys, signatures } = await device.makeIdentity();
  await device.call('POST', '/keys/device_signing/upload', keys);
  await device.call('POST', '/keys/signatures/upload', signatures);
  return user.userId;
}

describe('doctor on encryption', () => {
  it('is well when an encrypted room has an account with an identity', { timeout }, async () => {
    const house = await openHouse();
    house.homeserver.encryptRoom(house.roomId);
    await setUp(house);
    await addMember(house, 'reader', true);
    const { out, exit } = await house.run(['doctor', '--json']);
    const lines = out.trim().split('\n');
    const said = lines.map((line) => JSON.parse(line) as Line);
    expect(said.filter(({ check, state }) => state !== 'ok' && check !== 'disk space')).toEqual([]);
    expect(said.find(({ check }) => check === 'identity main')?.detail).toContain('has signed');
    expect(said.find(({ check }) => check === 'room ops')?.detail).toContain('encrypted');
    const key = said.find(({ check }) => check === 'encryption key');
    expect(key?.detail).toContain('encryption_key_file');
    expect(exit).toBe(0);
  });

  it('wants no identity where nothing is encrypted', async () => {
    const { said, exit } = await examine(await openHouse(), 'identity main');
    expect(said).toMatchObject([{ state: 'ok', detail: expect.stringContaining('not needed') }]);
    expect(exit).toBe(0);
  });

  it('wants an identity where a room must be encrypted, also when it is not', async () => {
    const house = await openHouse();
    house.configure({ rooms: { ops: { room: house.roomId, encryption: 'required' } } });
    const identity = await examine(house, 'identity main');
    expect(identity.said).toMatchObject([
      { state: 'fail', remedy: expect.stringContaining('identity setup') },
    ]);
    const room = await examine(house, 'room ops');
    expect(room.said).toMatchObject([{ detail: expect.stringContaining('dead(unencrypted)') }]);
  });

  it('tells that the store of a device is gone', { timeout }, async () => {
    const house = await openHouse();
    house.homeserver.encryptRoom(house.roomId);
    await setUp(house);
    rmSync(store(house));
    expect(await examine(house, 'identity main')).toMatchObject({
      exit: 78,
      said: [{ state: 'fail', remedy: expect.stringContaining('identity recover') }],
    });
  });

  it('tells where the token of a new device belongs when the configured one lost its store', {
    timeout,
  }, async () => {
    const house = await openHouse();
    await setUp(house);
    rmSync(store(house));
    house.configure({ rooms: { ops: { room: house.roomId, encryption: 'required' } } });
    expect((await examine(house, 'identity main')).said).toMatchObject([
      {
        detail: expect.stringContaining('accounts.main.access_token,'),
        remedy: expect.stringMatching(/^Put the access token of a new login/),
      },
    ]);
    const { bot, homeserver } = house;
    const account = { user_id: bot.userId, homeserver: homeserver.baseUrl };
    writeFileSync(join(house.dir, 'password'), bot.password);
    house.configure({ accounts: { main: { ...account, password_file: './password' } } });
    const [one] = (await examine(house, 'identity main')).said;
    expect(one?.detail + (one?.remedy ?? '')).not.toContain('access_token');
  });

  it('tells so too when an empty store lies in its place by now', { timeout }, async () => {
    const house = await openHouse();
    house.homeserver.encryptRoom(house.roomId);
    await setUp(house);
    rmSync(store(house));
    expect(await house.run(['account', 'identity', 'setup'])).toMatchObject({ exit: 78 });
    expect(existsSync(store(house))).toBe(true);
    expect(await examine(house, 'identity main')).toMatchObject({
      exit: 78,
      said: [{ state: 'fail', remedy: expect.stringContaining('identity recover') }],
    });
  });

  it('tells of a store that was seen to be an old copy', { timeout }, async () => {
    const house = await openHouse();
    house.homeserver.encryptRoom(house.roomId);
    await setUp(house);
    await remember(house, { starts: 9, outdated: true });
    expect(await examine(house, 'identity main')).toMatchObject({
      exit: 78,
      said: [{ detail: expect.stringContaining('old copy') }],
    });
  });

  it('tells of an identity that this device has no part in', { timeout }, async () => {
    const house = await openHouse();
    const { homeserver, bot } = house;
    homeserver.encryptRoom(house.roomId);
    const deviceId = 'ELSEWHERE';
    const accessToken = homeserver.issueToken(bot.userId, deviceId);
    const elsewhere = { userId: bot.userId, deviceId, accessToken };
    using device = await OlmClient.start(homeserver.baseUrl, elsewhere);
    const { keys } = await device.makeIdentity();
    await device.call('POST', '/keys/device_signing/upload', keys);
    expect(await examine(house, 'identity main')).toMatchObject({
      exit: 78,
      said: [{ state: 'fail', detail: expect.stringContaining('does not hold') }],
    });
    await remember(house, { starts: 1, master_key: 'of the identity before' });
    expect(await examine(house, 'identity main')).toMatchObject({
      exit: 78,
      said: [{ state: 'fail', detail: expect.stringContaining('another identity') }],
    });
  });

  it('tells whose devices could not read, unless all devices are given keys', {
    timeout,
  }, async () => {
    const house = await openHouse();
    house.homeserver.encryptRoom(house.roomId);
    await setUp(house);
    const userId = await addMember(house, 'careless', false);
    expect(await examine(house, 'room ops')).toMatchObject({
      exit: 0,
      said: [{ state: 'ok' }, { state: 'warn', detail: expect.stringContaining(`${userId} (1)`) }],
    });
    house.configure({ rooms: { ops: { room: house.roomId, sharing: 'all-devices' } } });
    expect((await examine(house, 'room ops')).said).toMatchObject([{ state: 'ok' }]);
  });

  it('says that messages wait where the homeserver does not say whether a room is encrypted', async () => {
    const house = await openHouse();
    const isProbe = ({ path }: { readonly path: string }) => path.includes('m.room.encryption');
    for (const status of [403, 500]) {
      house.homeserver.clearFaults();
      house.homeserver.fault(isProbe, { kind: 'status', status, errcode: 'M_UNKNOWN' });
      const { said, exit } = await examine(house, 'room ops');
      expect(said).toMatchObject([{ state: 'fail', detail: expect.stringContaining('wait') }]);
      expect(said[0]?.detail).toContain(`${status}`);
      expect(exit).not.toBe(0);
    }
  });

  it('does not follow an upgrade that drops encryption', async () => {
    const house = await openHouse();
    const { homeserver, roomId, bot } = house;
    homeserver.encryptRoom(roomId);
    homeserver.upgradeRoom(roomId, { by: bot.userId, keepEncryption: false });
    const { said } = await examine(house, 'room ops');
    expect(said).toMatchObject([
      { state: 'warn' },
      { state: 'fail', detail: expect.stringContaining('was encrypted') },
    ]);
  });

  it('knows no encryption but the one that the specification has', async () => {
    const house = await openHouse();
    const content = { algorithm: 'org.example.rot13' };
    house.homeserver.setState(house.roomId, 'm.room.encryption', '', content);
    const { said } = await examine(house, 'room ops');
    expect(said).toMatchObject([{ state: 'fail', detail: expect.stringContaining('rot13') }]);
  });
});

describe('doctor on the encryption key', () => {
  it('names files that others may read', { timeout }, async () => {
    const house = await openHouse();
    await setUp(house);
    chmodSync(store(house), 0o644);
    const stores = await examine(house, 'encryption stores');
    expect(stores).toMatchObject({
      exit: 0,
      said: [{ state: 'warn', remedy: expect.stringContaining(store(house)) }],
    });
    chmodSync(join(house.dataDir, 'encryption.key'), 0o644);
    const key = await examine(house, 'encryption key');
    expect(key).toMatchObject({ exit: 0, said: [{ state: 'warn' }] });
  });

  it('misses a key only where there is something to open, and makes none', {
    timeout,
  }, async () => {
    const house = await openHouse();
    expect((await examine(house, 'encryption key')).said).toEqual([]);
    await setUp(house);
    const path = join(house.dataDir, 'encryption.key');
    rmSync(path);
    expect(await examine(house, 'encryption key')).toMatchObject({
      exit: 73,
      said: [{ state: 'fail', detail: expect.stringContaining('is gone') }],
    });
    expect(existsSync(path)).toBe(false);
  });

  it('reads the key that is named', async () => {
    const house = await openHouse();
    house.configure({ encryption_key_file: './key' });
    expect(await examine(house, 'encryption key')).toMatchObject({
      exit: 78,
      said: [{ state: 'fail' }],
    });
    writeFileSync(join(house.dir, 'key'), Buffer.alloc(32, 7), { mode: 0o600 });
    expect((await examine(house, 'encryption key')).said).toMatchObject([{ state: 'ok' }]);
  });
});

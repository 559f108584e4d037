import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import type { RoomAlias } from '../../matrix/ids.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { takeOwnership } from '../../store/owner-lock.ts';
import { endAll, type House, message, openHouse } from './house.contract.ts';

interface Line {
  readonly check: string;
  readonly state: string;
  readonly detail: string;
  readonly remedy?: string;
}

async function examine(house: House): Promise<{ lines: Line[]; exit: number }> {
  const { out, exit } = await house.run(['doctor', '--json']);
  const lines = out.split('\n').filter((line) => line !== '');
  return { lines: lines.map((line) => JSON.parse(line) as Line), exit };
}

/** What is not well, by check; how full the disk is depends on where the test runs. */
async function complaints(house: House) {
  const { lines, exit } = await examine(house);
  const bad = lines.filter(({ check, state }) => state !== 'ok' && check !== 'disk space');
  expect(bad.every(({ remedy }) => remedy !== undefined && remedy !== '')).toBe(true);
  return { bad: bad.map(({ check, state, detail }) => ({ check, state, detail })), exit };
}

describe('bellhop doctor', () => {
  it('is 0 when all is well, and writes nothing', async () => {
    const house = await openHouse();
    const { lines, exit } = await examine(house);
    expect(lines.filter(({ state }) => state !== 'ok' && state !== 'warn')).toEqual([]);
    expect(lines.map(({ check }) => check)).toEqual([
      'configuration',
      'secrets',
      'data directory',
      'disk space',
      'outbox',
      `homeserver ${house.homeserver.baseUrl}`,
      'account main',
      'identity main',
      'room ops',
    ]);
    expect(exit).toBe(0);
    expect(existsSync(join(house.dataDir, 'outbox.db'))).toBe(false);
    expect(house.homeserver.messages(house.roomId)).toEqual([]);
  });

  it('writes a line for people to each check; with -q only what is not well', async () => {
    const house = await openHouse();
    const ran = await house.run(['doctor']);
    expect(ran.out).toMatch(/^ok {4}configuration: bellhop.yaml is valid\n/);
    house.homeserver.encryptRoom(house.roomId);
    const quiet = await house.run(['doctor', '-q']);
    expect(quiet.out).toMatch(/^fail {2}identity main: The account has no .*\. Run .*\.\n$/);
    expect(quiet.exit).not.toBe(0);
  });

  it('shows all mistakes of a configuration', async () => {
    const house = await openHouse();
    writeFileSync(join(house.dir, 'bellhop.yaml'), 'rooms: 7\nlisten: x\n');
    const { bad, exit } = await complaints(house);
    expect(bad).toMatchObject([{ check: 'configuration', state: 'fail' }]);
    expect(bad[0]?.detail).toMatch(/rooms.*listen|listen.*rooms/s);
    expect(exit).toBe(78);
  });

  it('names a secret that cannot be read, and one that everybody can', async () => {
    const house = await openHouse();
    house.configure({ operators: { admin: { token_file: './none' } } });
    const missing = await complaints(house);
    expect(missing).toMatchObject({ exit: 78, bad: [{ check: 'secrets', state: 'fail' }] });
    const path = join(house.dir, 'open');
    writeFileSync(path, 'operator-token-of-tests');
    chmodSync(path, 0o644);
    house.configure({ operators: { admin: { token_file: './open' } } });
    expect(await complaints(house)).toMatchObject({
      exit: 0,
      bad: [{ check: 'secrets', state: 'warn', detail: `everybody can read ${path}` }],
    });
  });

  it('names a data directory that is open to others, and one that is none', async () => {
    const house = await openHouse();
    mkdirSync(house.dataDir);
    chmodSync(house.dataDir, 0o755);
    expect(await complaints(house)).toMatchObject({
      exit: 0,
      bad: [{ check: 'data directory', state: 'warn', detail: expect.stringContaining('0755') }],
    });
    writeFileSync(join(house.dir, 'file'), '');
    house.configure({ data_dir: './file' });
    const { bad, exit } = await complaints(house);
    expect(bad[0]).toMatchObject({ check: 'data directory', state: 'fail' });
    expect(exit).toBe(73);
  });

  it('tells of dead messages, of lanes that wait and of the owner', async () => {
    const house = await openHouse();
    openDataDir(house.dataDir);
    const store = house.openStore();
    await store.accept(message(house, 1));
    await endAll(store, 'refused');
    await store.accept(message(house, 2));
    for (const { id } of await store.lanesWithWork()) await store.release(id, 'not in the room');
    const holder = { pid: process.pid, host: 'elsewhere', startedAt: 0, command: 'bellhop serve' };
    const owner = takeOwnership(house.dataDir, holder);
    const { lines } = await examine(house);
    owner.release();
    expect(lines).toContainEqual(
      expect.objectContaining({
        check: 'owner',
        detail: `\`bellhop serve\`, process ${process.pid}, since 1970-01-01T00:00:00.000Z`,
      }),
    );
    expect(lines).toContainEqual(
      expect.objectContaining({
        check: 'queue',
        state: 'ok',
        detail: expect.stringMatching(/^1 owed/),
      }),
    );
    expect(await complaints(house)).toMatchObject({
      exit: 0,
      bad: [
        { check: 'dead messages', state: 'warn', detail: '1' },
        { check: 'waiting', state: 'warn', detail: expect.stringContaining('not in the room') },
      ],
    });
  });

  it('names an outbox that is none', async () => {
    const house = await openHouse();
    openDataDir(house.dataDir);
    const db = new DatabaseSync(join(house.dataDir, 'outbox.db'));
    db.exec('create table other (a)');
    db.close();
    const { bad, exit } = await complaints(house);
    expect(bad).toMatchObject([
      {
        check: 'outbox',
        state: 'fail',
        detail: expect.stringContaining('not a database of Bellhop'),
      },
    ]);
    expect(exit).toBe(74);
  });

  it('names a homeserver that is away, and the rooms it could not look at', async () => {
    const house = await openHouse();
    await house.homeserver.goAway();
    const { bad, exit } = await complaints(house);
    expect(bad).toMatchObject([
      { check: 'account main', state: 'fail', detail: expect.stringMatching(/ECONNREFUSED.*ops/) },
    ]);
    expect(exit).toBe(69);
  });

  it('names a token that is refused', async () => {
    const house = await openHouse();
    house.homeserver.revokeToken(house.bot.accessToken);
    const { bad, exit } = await complaints(house);
    expect(bad).toMatchObject([{ check: 'account main', state: 'fail' }]);
    expect(exit).toBe(77);
  });

  it('warns of two names for one room', async () => {
    const house = await openHouse();
    const { homeserver, bot } = house;
    const roomId = homeserver.createRoom({
      creator: bot.userId,
      alias: '#two:hs.test' as RoomAlias,
    });
    house.configure({ rooms: { one: roomId, two: '#two:hs.test' }, sources: undefined });
    expect(await complaints(house)).toMatchObject({
      exit: 0,
      bad: [{ state: 'warn', detail: `the rooms one and two are the same, ${roomId}` }],
    });
  });

  it('says what is missing when nothing is configured', async () => {
    const house = await openHouse();
    const ran = await house.run(['doctor'], { cwd: '/nowhere', home: house.dir, env: {} });
    expect(ran).toMatchObject({ exit: 78, out: expect.stringContaining('accounts: none is') });
  });
});

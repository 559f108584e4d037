import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { loadConfig } from '../config/load-config.ts';
import type { RoomId } from '../matrix/ids.ts';
import {
  type FakeHomeserver,
  type FakeUser,
  startFakeHomeserver,
} from '../testing/fake-homeserver.ts';
import { OlmClient } from '../testing/olm-client.contract.ts';
import { setUpIdentity } from './account-identity.ts';
import { type Bellhop, openBellhop } from './bellhop.ts';

/** The engine of encryption starts in a thread, and other suites share the machine. */
const timeout = 60_000;
/** No message of a test takes longer, in milliseconds. */
const waitMs = 20_000;

interface House {
  readonly homeserver: FakeHomeserver;
  readonly bot: FakeUser;
  readonly reader: OlmClient;
  readonly room: RoomId;
  readonly config: Readonly<Record<string, unknown>>;
  open(): Promise<Bellhop>;
}

async function openHouse(): Promise<House> {
  const homeserver = await startFakeHomeserver();
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-encrypted-'));
  const bot = homeserver.createUser('bot');
  const human = homeserver.createUser('human');
  const reader = await OlmClient.start(homeserver.baseUrl, human);
  const room = homeserver.createRoom({
    creator: human.userId,
    members: [bot.userId],
    encrypted: true,
  });
  onTestFinished(async () => {
    reader[Symbol.dispose]();
    await homeserver.stop();
    rmSync(dir, { recursive: true, force: true });
  });
  const config = {
    data_dir: dir,
    accounts: {
      main: {
        user_id: bot.userId,
        homeserver: homeserver.baseUrl,
        access_token: bot.accessToken,
        sharing: 'all-devices',
      },
    },
    rooms: { ops: room },
  };
  const open = async () => await openBellhop({ config });
  return { homeserver, bot, reader, room, config, open };
}

async function giveIdentity({ config, bot }: House): Promise<void> {
  const surroundings = { env: {}, cwd: '/', home: '/' };
  const loaded = loadConfig({ path: '/config', text: JSON.stringify(config) }, surroundings);
  const account = loaded.accounts.get('main');
  if (account === undefined) throw new Error('no account');
  const call = {
    config: loaded,
    account,
    signal: AbortSignal.timeout(timeout),
    onEvent: () => undefined,
  };
  await setUpIdentity(call, () => Promise.resolve(bot.password));
}

async function say(bellhop: Bellhop, body: string): Promise<string> {
  const { id } = await bellhop.send({ body, room: 'ops' });
  const [status] = await bellhop.status(id, waitMs);
  if (status?.eventId !== undefined) return status.eventId;
  throw new Error(`not delivered: ${JSON.stringify(status)}`);
}

/** What the reader reads, and what the homeserver sees of it. */
async function read({ homeserver, reader, room }: House): Promise<unknown[]> {
  await reader.sync();
  const bodies: unknown[] = [];
  for (const event of homeserver.messages(room)) {
    expect(event.type).toBe('m.room.encrypted');
    bodies.push((await reader.decrypt(room, event))['body']);
  }
  return bodies;
}

describe('a message to an encrypted room', () => {
  it('is read by its members, and by nobody else', { timeout }, async () => {
    const house = await openHouse();
    await giveIdentity(house);
    await using bellhop = await house.open();
    await say(bellhop, 'disk full on db1');
    await say(bellhop, 'disk is fine again');
    expect(await read(house)).toEqual(['disk full on db1', 'disk is fine again']);
    expect(JSON.stringify(house.homeserver.requests)).not.toContain('disk');
    expect(house.homeserver.encryptionViolations).toMatchObject({
      oneTimeKeys: 0,
      olm: 0,
      megolm: 0,
    });
  });

  it('goes on after a restart with the same device', { timeout }, async () => {
    const house = await openHouse();
    await giveIdentity(house);
    const first = await house.open();
    await say(first, '1');
    await first.close();
    await using second = await house.open();
    await say(second, '2');
    expect(await read(house)).toEqual(['1', '2']);
  });

  it('waits without an identity, says why, and leaves as soon as there is one', {
    timeout,
  }, async () => {
    const house = await openHouse();
    const bellhop = await house.open();
    const { id } = await bellhop.send({ body: 'secret', room: 'ops' });
    const [waiting] = await bellhop.status(id, 1_500);
    expect(waiting).toMatchObject({ state: 'queued' });
    expect(house.homeserver.messages(house.room)).toEqual([]);
    await bellhop.close();
    await giveIdentity(house);
    await using again = await house.open();
    const [status] = await again.status(id, waitMs);
    expect(status).toMatchObject({ state: 'delivered' });
    expect(await read(house)).toEqual(['secret']);
  });

  it('is encrypted when its room became so after a first attempt in clear', {
    timeout,
  }, async () => {
    const house = await openHouse();
    await giveIdentity(house);
    const { homeserver, bot, reader } = house;
    const room = homeserver.createRoom({
      creator: reader.user.userId as FakeUser['userId'],
      members: [bot.userId],
    });
    const open = async () =>
      await openBellhop({ config: { ...house.config, rooms: { ops: room } } });
    const first = await open();
    const fault = homeserver.fault('sendMessage', { kind: 'status', status: 502 });
    const { id } = await first.send({ body: 'attempted in clear', room: 'ops' });
    await vi.waitFor(() => expect(fault.hits).toBeGreaterThan(0), { timeout: waitMs });
    await first.close();
    fault.remove();
    homeserver.encryptRoom(room);
    await using second = await open();
    expect(await second.status(id, waitMs)).toMatchObject([{ state: 'delivered' }]);
    expect(await read({ ...house, room })).toEqual(['attempted in clear']);
  });
});

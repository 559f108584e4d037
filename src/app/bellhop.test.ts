import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, expectTypeOf, it, onTestFinished, vi } from 'vitest';
import { Failure } from '../errors.ts';
import type { RoomId } from '../matrix/ids.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { type Bellhop, type BellhopOptions, type Message, openBellhop } from './bellhop.ts';

/** No message of a test takes longer, in milliseconds. */
const waitMs = 10_000;

function temporaryDirectory(): string {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-library-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

interface House {
  readonly homeserver: FakeHomeserver;
  readonly bellhop: Bellhop;
  readonly ops: RoomId;
  said(): unknown[];
}

/** A library with the rooms `ops` (`#ops:example.org`) and `alerts`, and no default room. */
async function openHouse(): Promise<House> {
  const homeserver = await startFakeHomeserver({ serverName: 'example.org' });
  const bot = homeserver.createUser('bot');
  const ops = homeserver.createRoom({ creator: bot.userId, alias: '#ops:example.org' });
  const alerts = homeserver.createRoom({ creator: bot.userId });
  const { userId: user_id, accessToken: access_token } = bot;
  const bellhop = await openBellhop({
    config: {
      data_dir: temporaryDirectory(),
      accounts: { main: { user_id, homeserver: homeserver.baseUrl, access_token } },
      rooms: { ops: '#ops:example.org', alerts },
    },
  });
  onTestFinished(async () => {
    await bellhop.close();
    await homeserver.stop();
  });
  const said = () => homeserver.messages(ops).map(({ content }) => content['body']);
  return { homeserver, bellhop, ops, said };
}

/** What a call is refused with: its code and problems. */
async function refusalOf(call: Promise<unknown>): Promise<unknown> {
  try {
    await call;
  } catch (thrown) {
    if (!(thrown instanceof Failure)) throw thrown;
    return { code: thrown.code, problems: thrown.problems };
  }
  return 'accepted';
}

const badInput = (place: string) => ({
  code: 'bad_input',
  problems: [expect.stringMatching(`^${place}: `)],
});

describe('a message', () => {
  it('goes to each room once, under whatever names it is called', async () => {
    const { bellhop, said } = await openHouse();
    const room = ['ops', 'ops', '#ops:example.org', 'alerts'];
    const { id } = await bellhop.send({ room, body: 'x' });
    const entries = await bellhop.status(id, waitMs);
    expect(entries.map((entry) => [entry.room, entry.state])).toEqual([
      ['#ops:example.org', 'delivered'],
      [expect.stringMatching(/^!/), 'delivered'],
    ]);
    expect(said()).toEqual(['x']);
  });

  it('keeps everything that was said', async () => {
    const { homeserver, bellhop, ops } = await openHouse();
    const { id } = await bellhop.send({
      room: 'ops',
      title: 'Disk',
      body: '**full** \ud83d\udcbe',
      format: 'markdown',
      severity: 'critical',
      status: 'firing',
      link: 'https://example.org/',
      links: [{ label: 'Log', url: 'https://example.org/log' }],
      fields: [{ name: 'host', value: 'db1' }],
      key: undefined,
      origin: 'smartd',
      mention: ['@a:example.org'],
      silent: true,
    });
    await bellhop.status(id, waitMs);
    const content = homeserver.messages(ops)[0]?.content;
    const html = String(content?.['formatted_body']);
    for (const part of ['Disk', '<strong>full</strong> \ud83d\udcbe', 'db1', '/log']) {
      expect(html).toContain(part);
    }
    expect(content).toMatchObject({
      msgtype: 'm.notice',
      'm.mentions': { user_ids: ['@a:example.org'] },
    });
  });

  it('that is refused is not kept, and what follows it is', async () => {
    const { bellhop, said } = await openHouse();
    const refused: [unknown, string][] = [
      [{ room: [], body: 'x' }, '/room'],
      [{ body: 'x' }, 'room'],
      [{ room: 'ops', body: '' }, '/body'],
      [{ room: 'ops', body: 'x', severity: 'bogus' }, '/severity'],
      [{ room: 'ops', body: 'x', idempotencyKey: '' }, 'idempotencyKey'],
      [undefined, 'message'],
    ];
    for (const [message, place] of refused) {
      expect(await refusalOf(bellhop.send(message as Message))).toEqual(badInput(place));
    }
    const { id } = await bellhop.send({ room: 'ops', body: 'next' });
    await bellhop.status(id, waitMs);
    expect(said()).toEqual(['next']);
  });

  it('to an unknown room is refused, whatever else it names', async () => {
    const { bellhop } = await openHouse();
    const message = { room: ['ops', 'nowhere'], body: 'x' };
    expect(await refusalOf(bellhop.send(message))).toMatchObject({ code: 'not_found' });
  });
});

describe('a key', () => {
  it('is one message, in whatever order its members are', async () => {
    const { bellhop, said } = await openHouse();
    const idempotencyKey = 'k'.repeat(255);
    const link = { label: 'a', url: 'https://example.org/' };
    const first = await bellhop.send({
      idempotencyKey,
      room: 'ops',
      title: 't',
      body: 'x',
      links: [link],
    });
    const again = await bellhop.send({
      links: [{ url: link.url, label: link.label }],
      severity: undefined,
      body: 'x',
      title: 't',
      room: ['ops'],
      idempotencyKey,
    });
    expect(again).toEqual({ id: first.id, isDuplicate: true });
    await bellhop.status(first.id, waitMs);
    expect(said()).toHaveLength(1);
  });

  it('with another message is a conflict', async () => {
    const { bellhop } = await openHouse();
    const message = { room: 'ops', body: 'x', idempotencyKey: 'k' };
    await bellhop.send(message);
    for (const other of [{ body: 'y' }, { title: 't' }, { room: 'alerts' }]) {
      expect(await refusalOf(bellhop.send({ ...message, ...other }))).toMatchObject({
        code: 'idempotency_conflict',
      });
    }
  });
});

it('the status of no id is refused; of an unknown one it is empty', async () => {
  const { bellhop } = await openHouse();
  await bellhop.send({ room: 'ops', body: 'x' });
  for (const id of [undefined, null, '', 5, {}]) {
    expect(await refusalOf(bellhop.status(id as string))).toEqual(badInput('id'));
  }
  expect(await bellhop.status('nobody')).toEqual([]);
});

describe('opening', () => {
  it('without any configuration is refused, and leaves nothing behind', async () => {
    const home = temporaryDirectory();
    vi.stubEnv('HOME', home);
    vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
    vi.stubEnv('XDG_CONFIG_HOME', join(home, 'config'));
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await refusalOf(openBellhop())).toMatchObject({ code: 'config_missing' });
    expect(await refusalOf(openBellhop({ config: undefined }))).toMatchObject({
      code: 'config_missing',
    });
    expect(existsSync(join(home, 'state'))).toBe(false);
  });

  it('needs no file where the environment names an account', async () => {
    await using homeserver = await startFakeHomeserver();
    const home = temporaryDirectory();
    const bot = homeserver.createUser('bot');
    const room = homeserver.createRoom({ creator: bot.userId });
    vi.stubEnv('HOME', home);
    vi.stubEnv('XDG_CONFIG_HOME', join(home, 'config'));
    vi.stubEnv('BELLHOP_DATA_DIR', join(home, 'state'));
    vi.stubEnv('BELLHOP_HOMESERVER', homeserver.baseUrl);
    vi.stubEnv('BELLHOP_ACCESS_TOKEN', bot.accessToken);
    vi.stubEnv('BELLHOP_ROOM', room);
    onTestFinished(() => void vi.unstubAllEnvs());
    await using bellhop = await openBellhop();
    const { id } = await bellhop.send({ body: 'to the default room' });
    expect(await bellhop.status(id, waitMs)).toMatchObject([{ room, state: 'delivered' }]);
  });

  it.each<[unknown, string]>([
    [{ conf: './bellhop.yaml' }, 'conf'],
    [{ config: null }, 'config'],
    [{ config: 5 }, 'config'],
    [{ config: '' }, 'config'],
    [null, 'options'],
    ['./bellhop.yaml', 'options'],
  ])('with %j is refused', async (options, place) => {
    vi.stubEnv('XDG_STATE_HOME', temporaryDirectory());
    onTestFinished(() => void vi.unstubAllEnvs());
    expect(await refusalOf(openBellhop(options as BellhopOptions))).toEqual(badInput(place));
  });
});

it('the types refuse what a message does not have', () => {
  expectTypeOf<{ body: string; room: string[] }>().toExtend<Message>();
  expectTypeOf<{ body: number }>().not.toExtend<Message>();
  expectTypeOf<{ body: string; fields: { x: number } }>().not.toExtend<Message>();
});

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Failure } from '../../errors.ts';
import type { RoomId } from '../../matrix/ids.ts';
import { type FakeHomeserver, startFakeHomeserver } from '../../testing/fake-homeserver.ts';
import { runSend, type SendProcess } from './run-send.ts';

let homeserver: FakeHomeserver;
let roomId: RoomId;
let otherId: RoomId;
let dir: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  homeserver = await startFakeHomeserver();
  const bot = homeserver.createUser('bot');
  roomId = homeserver.createRoom({ creator: bot.userId });
  otherId = homeserver.createRoom({ creator: bot.userId, alias: '#other:hs.test' });
  dir = mkdtempSync(join(tmpdir(), 'bellhop-anywhere-'));
  env = {
    HOME: dir,
    XDG_CACHE_HOME: join(dir, 'cache'),
    BELLHOP_DATA_DIR: join(dir, 'data'),
    BELLHOP_HOMESERVER: homeserver.baseUrl,
    BELLHOP_ACCESS_TOKEN: bot.accessToken,
    BELLHOP_ROOM: roomId,
  };
});

afterEach(async () => {
  await homeserver.stop();
  rmSync(dir, { recursive: true, force: true });
});

interface Ended {
  readonly code: number;
  readonly err: string;
}

/** `send` with these words; `input` is piped in, or somebody sits at the terminal. */
async function send(args: readonly string[], input: string | 'terminal' = ''): Promise<Ended> {
  let err = '';
  const chunks = input === '' || input === 'terminal' ? [] : [Buffer.from(input)];
  const process: SendProcess = {
    env,
    stdin: Object.assign(Readable.from(chunks), { isTTY: input === 'terminal' }),
    stdout: { write: () => true },
    stderr: { write: (text: string) => (err += text) },
    cwd: () => dir,
    help: () => Promise.resolve(),
  };
  const code = await runSend(args, process).catch((failure: Failure) => {
    err += [failure.message, ...failure.problems, failure.entry.remedy].join('\n');
    return failure.entry.exit;
  });
  return { code, err };
}

const bodiesIn = (room: RoomId): unknown[] =>
  homeserver.messages(room).map(({ content }) => content['body']);

describe('send of an empty input', () => {
  it('with a title or a file is a message of that alone', async () => {
    const file = join(dir, 'report.txt');
    writeFileSync(file, 'all is well');
    expect(await send(['--title', 'Backup failed', '--severity', 'error', '-'])).toMatchObject({
      code: 0,
    });
    expect(await send(['--attach', file])).toMatchObject({ code: 0 });
    expect(await send(['--title', 'From a terminal'], 'terminal')).toMatchObject({ code: 0 });
    expect(bodiesIn(roomId)).toEqual([
      expect.stringContaining('Backup failed'),
      'report.txt',
      expect.stringContaining('From a terminal'),
    ]);
  });

  it('with a file and a thread puts the file into the thread, with words or without', async () => {
    const file = join(dir, 'report.txt');
    writeFileSync(file, 'all is well');
    const inThread = ['--attach', file, '--thread', '$root:hs.test'];
    expect(await send(inThread)).toMatchObject({ code: 0 });
    expect(await send([...inThread, 'see the file'])).toMatchObject({ code: 0 });
    const relation = { rel_type: 'm.thread', event_id: '$root:hs.test', is_falling_back: false };
    expect(homeserver.messages(roomId).map(({ content }) => content['m.relates_to'])).toEqual([
      relation,
      relation,
      relation,
    ]);
  });

  it('without either is refused, and says what would do', async () => {
    const { code, err } = await send(['-']);
    expect([code, err]).toEqual([66, expect.stringContaining('there is no --title')]);
    expect(err).toContain('what writes into the pipe');
    expect(await send([], 'terminal')).toMatchObject({ code: 64 });
  });
});

describe('send by the environment alone', () => {
  it('takes any room by its id or alias', async () => {
    expect(await send(['--room', otherId, 'by id'])).toMatchObject({ code: 0 });
    expect(await send(['--room', '#other:hs.test', 'by alias'])).toMatchObject({ code: 0 });
    expect(await send(['--room', otherId, '--no-store', 'directly'])).toMatchObject({ code: 0 });
    expect(bodiesIn(otherId)).toEqual(['by id', 'by alias', 'directly']);
    expect(bodiesIn(roomId)).toEqual([]);
  });

  it('says of a room that is not there what to look at', async () => {
    const { code, err } = await send(['--room', '#none:hs.test', '--no-store', 'x']);
    expect([code, err]).toEqual([77, expect.stringContaining('there is no room #none:hs.test')]);
    expect(err).toContain('`bellhop room test ROOM`');
  });

  it('knows no room by a name', async () => {
    const { code, err } = await send(['--room', 'ops', 'x']);
    expect([code, err]).toEqual([65, expect.stringContaining('No room "ops" is configured')]);
  });

  it('with a file leaves it to the file, and says so', async () => {
    const { BELLHOP_ROOM: _room, ...rest } = env;
    env = rest;
    writeFileSync(join(dir, 'bellhop.yaml'), JSON.stringify({ rooms: { ops: roomId } }));
    const { code, err } = await send(['--room', otherId, 'x']);
    expect([code, err]).toEqual([65, expect.stringContaining('is configured; there is ops.')]);
    expect(err).toContain('under `rooms` in the configuration');
    expect(bodiesIn(otherId)).toEqual([]);
  });
});

describe('send', () => {
  it.each([[[]], [['--no-store']], [['--dry-run']], [['--queue']]])(
    'with %j refuses what a daemon refuses, and drops nothing in silence',
    async (way) => {
      const { code, err } = await send([...way, '--mention', 'me', 'x']);
      expect([code, err]).toEqual([65, expect.stringContaining('--mention: expected')]);
      expect(bodiesIn(roomId)).toEqual([]);
    },
  );
});

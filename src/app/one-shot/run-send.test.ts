import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmdirSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { createServer as createHttpServer } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
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
let dir: string;
let env: NodeJS.ProcessEnv;

beforeEach(async () => {
  homeserver = await startFakeHomeserver();
  const bot = homeserver.createUser('bot');
  roomId = homeserver.createRoom({ creator: bot.userId });
  dir = mkdtempSync(join(tmpdir(), 'bellhop-send-'));
  env = {
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
  readonly out: string;
  readonly err: string;
}

async function send(args: readonly string[], input = ''): Promise<Ended> {
  let out = '';
  let err = '';
  const process: SendProcess = {
    env,
    stdin: Object.assign(Readable.from(input === '' ? [] : [Buffer.from(input)]), {
      isTTY: false,
    }) as unknown as NodeJS.ReadStream,
    stdout: { write: (text: string) => (out += text) } as unknown as SendProcess['stdout'],
    stderr: { write: (text: string) => (err += text) } as unknown as SendProcess['stderr'],
    cwd: () => dir,
    help: () => Promise.resolve(),
  };
  const code = await runSend(args, process).catch((failure: Failure) => {
    err += [failure.message, ...failure.problems].join('\n');
    return failure.entry.exit;
  });
  return { code, out, err };
}

const bodies = (): unknown[] => homeserver.messages(roomId).map(({ content }) => content['body']);

describe('send without a daemon', () => {
  it('delivers, and says the event id', async () => {
    const { code, out } = await send(['The backup is done.', '--json']);
    expect(code).toBe(0);
    const [event] = homeserver.messages(roomId);
    expect(JSON.parse(out)).toMatchObject({ state: 'delivered', event_id: event?.event_id });
  });

  it('reads the text from standard input', async () => {
    await send(['-'], 'disk full\n');
    expect(bodies()).toEqual(['disk full']);
  });

  it('delivers what was queued before it in the same room first', async () => {
    expect((await send(['--queue', 'first'])).code).toBe(0);
    await send(['second']);
    expect(bodies()).toEqual(['first', 'second']);
  });

  it('keeps the message when the homeserver is away, ends with 75, and the next send delivers both', async () => {
    await homeserver.goAway();
    const kept = await send(['while away', '--wait=200ms', '--json']);
    expect(kept.code).toBe(75);
    expect(JSON.parse(kept.out)).toMatchObject({ state: 'kept' });
    await homeserver.comeBack();
    await send(['after']);
    expect(bodies()).toEqual(['while away', 'after']);
  });

  it('keeps the message when its delivery cannot begin, ends with 75, and says why', async () => {
    await send(['--queue', 'first']);
    const inTheWay = join(dir, 'data', 'owner.json.new');
    mkdirSync(inTheWay);
    const { code, out, err } = await send(['second', '--json']);
    expect([code, err]).toEqual([75, '']);
    expect(JSON.parse(out)).toMatchObject({
      state: 'kept',
      error: expect.stringContaining('owner.json cannot be written'),
    });
    expect((await send(['third'])).err).toContain('Its delivery broke off: ');
    expect(bodies()).toEqual([]);
    rmdirSync(inTheWay);
    expect((await send(['fourth'])).code).toBe(0);
    expect(bodies()).toEqual(['first', 'second', 'third', 'fourth']);
  });

  it('takes the same idempotency key once, and refuses it for another text', async () => {
    await send(['--idempotency-key', 'k', 'once']);
    await send(['--idempotency-key', 'k', 'once']);
    expect(bodies()).toEqual(['once']);
    expect((await send(['--idempotency-key', 'k', 'other'])).code).toBe(65);
  });

  it('sends a file along', async () => {
    const file = join(dir, 'report.txt');
    writeFileSync(file, 'all is well');
    await send(['--attach', file, 'the report']);
    const [, attached] = homeserver.messages(roomId);
    expect(attached?.content).toMatchObject({ msgtype: 'm.file', body: 'report.txt' });
    expect(homeserver.media()).toHaveLength(1);
  });

  it('attaches only what has an end that is near, and keeps nothing otherwise', async () => {
    const large = join(dir, 'large.bin');
    writeFileSync(large, '');
    truncateSync(large, 100 * 1024 * 1024 + 1);
    const pipe = join(dir, 'pipe');
    execFileSync('bash', ['-c', 'mkfifo "$0"', pipe]);
    const noFile = 'is a pipe, a socket or a device, not a file.';
    for (const [path, exit, words] of [
      [large, 65, 'is larger than 100 MiB.'],
      [pipe, 66, noFile],
      ['/dev/zero', 66, noFile],
      [dir, 66, 'is a directory, not a file.'],
      [join(dir, 'none'), 66, 'cannot be read (ENOENT).'],
    ] as const) {
      const { code, err } = await send(['--attach', path, 'x']);
      expect([code, err]).toEqual([exit, expect.stringContaining(`${path} ${words}`)]);
    }
    expect(bodies()).toEqual([]);
  });

  it('refuses a message that says nothing, unless it brings a file', async () => {
    for (const [args, input] of [[['']], [['--title', ' ', ' ']], [['-'], '\n\n']] as const) {
      const { code, err } = await send(args, input);
      expect([code, err]).toEqual([65, expect.stringContaining('there is no --title')]);
    }
    expect(bodies()).toEqual([]);
    expect((await send(['--title', 'Backup', ''])).code).toBe(0);
    const file = join(dir, 'report.txt');
    writeFileSync(file, 'all is well');
    expect((await send(['--attach', file, ''])).code).toBe(0);
  });

  it('keeps what it cannot encrypt, and says at once what is missing', async () => {
    homeserver.encryptRoom(roomId);
    const { code, err } = await send(['--wait=60s', 'secret']);
    expect(code).toBe(75);
    expect(err).toContain('cross-signing identity');
    expect(bodies()).toEqual([]);
  });

  it('sends nothing into an encrypted room without its store, and ends with 77', async () => {
    homeserver.encryptRoom(roomId);
    expect((await send(['--no-store', 'secret'])).code).toBe(77);
    expect(bodies()).toEqual([]);
  });

  it('names what is wrong with the command line and ends with 64', async () => {
    const { code, err } = await send(['--severity', 'loud', 'x']);
    expect(code).toBe(64);
    expect(err).toContain('--severity takes one of debug, info, notice, warning, error, critical');
    expect((await send(['--idempotency-key', '', 'x'])).code).toBe(64);
  });

  it('never copies a token from the environment into its cache', async () => {
    await send(['x']);
    expect(() => readdirSync(join(dir, 'cache'))).toThrow();
  });
});

it('a daemon that is ending leaves the message to the outbox', async () => {
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir);
  const body = '{"code":"shutting_down"}';
  const head = `HTTP/1.1 503 Service Unavailable\r\ncontent-length: ${body.length}\r\n\r\n`;
  const ending = createServer((socket) => socket.once('data', () => socket.end(head + body)));
  ending.listen(join(dataDir, 'bellhop.sock'));
  await once(ending, 'listening');
  expect((await send(['kept'])).code).toBe(0);
  expect(bodies()).toEqual(['kept']);
  ending.close();
});

it('a daemon that gives no answer may have taken the message, which is said', async () => {
  const dataDir = join(dir, 'data');
  mkdirSync(dataDir);
  const mute = createServer((socket) => socket.once('data', () => socket.end()));
  mute.listen(join(dataDir, 'bellhop.sock'));
  await once(mute, 'listening');
  const { code, err } = await send(['taken?']);
  expect(code).toBe(71);
  expect(err).toContain('it may have taken the message');
  expect(bodies()).toEqual([]);
  mute.close();
});

describe('send --no-store', () => {
  it('delivers without writing anything down', async () => {
    expect((await send(['--no-store', 'direct'])).code).toBe(0);
    expect(bodies()).toEqual(['direct']);
    expect(readdirSync(join(dir, 'data'))).not.toContain('outbox.db');
  });

  it('ends with 76 where no homeserver answers, and says it once', async () => {
    const page = createHttpServer((_request, response) => response.end('welcome'));
    page.listen(0, '127.0.0.1');
    await once(page, 'listening');
    const { port } = page.address() as AddressInfo;
    env['BELLHOP_HOMESERVER'] = `http://127.0.0.1:${port}`;
    const { code, err } = await send(['--no-store', 'x']);
    page.close();
    expect(code).toBe(76);
    expect(err.match(/not a usable Matrix homeserver/g)).toHaveLength(1);
  });

  it('ends with 69 when the homeserver is away, as nothing was kept', async () => {
    await homeserver.goAway();
    expect((await send(['--no-store', 'direct'])).code).toBe(69);
  });
});

describe('send --dry-run', () => {
  it('shows the event and sends nothing', async () => {
    const { out } = await send(['--dry-run', '--format', 'markdown', '**bold**']);
    expect(JSON.parse(out)).toMatchObject({
      events: [{ content: { formatted_body: expect.stringContaining('<strong>bold</strong>') } }],
    });
    expect(bodies()).toEqual([]);
    const oneLine = await send(['--dry-run', '--json', '**bold**']);
    expect(oneLine.out.match(/\n/g)).toHaveLength(1);
  });
});

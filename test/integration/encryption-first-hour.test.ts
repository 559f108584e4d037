import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RoomId } from '../../src/matrix/ids.ts';
import { joinRoom } from '../../src/matrix/rooms.ts';
import { describeWithSender, SenderMissing } from '../senders/describe-with-sender.ts';
import { ensureMatrixNio } from '../senders/ensure-matrix-nio.ts';
import { ensureSynapse } from '../synapse/ensure-synapse.ts';
import { ElementReader } from './parts/element-reader.ts';
import { EncryptionStage } from './parts/encryption-stage.ts';
import { NioReader } from './parts/nio-reader.ts';
import { soon } from './parts/synapse-people.ts';

let stage: EncryptionStage;
let element: ElementReader;
let nio: NioReader;
/** Where only signed devices get keys, and where all do. */
let strict: RoomId;
let open: RoomId;

async function ensureAll(): Promise<string> {
  await ensureSynapse().catch((cause: unknown) => {
    throw new SenderMissing(cause instanceof Error ? cause.message : 'no Synapse', { cause });
  });
  return await ensureMatrixNio();
}

/** Somebody with matrix-nio, in both rooms before anything is said there. */
async function startNio(python: string): Promise<NioReader> {
  const member = await stage.people.register('nio');
  const session = await stage.people.logIn(member);
  for (const roomId of [strict, open]) await joinRoom(session, roomId, [], soon());
  const dir = join(stage.dir, 'nio');
  await mkdir(dir);
  return await NioReader.start(member, { python, homeserver: stage.synapse.baseUrl, dir });
}

await describeWithSender('the first hour in encrypted rooms', ensureAll, (python) => {
  beforeAll(async () => {
    stage = await EncryptionStage.open();
    element = await ElementReader.arrive(stage.people, 'element');
    [strict, open] = [await stage.room(element.session), await stage.room(element.session)];
    nio = await startNio(python);
    await stage.configure({
      strict: { roomId: strict },
      open: { roomId: open, sharing: 'all-devices' },
    });
  });
  afterAll(async () => {
    await nio[Symbol.asyncDispose]();
    await element[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  it('a fresh account gets a recovery key, and doctor finds nothing amiss', async () => {
    const recoveryKey = await stage.register();
    expect(recoveryKey.split(' ')).toHaveLength(12);
    for (const room of ['strict', 'open']) await stage.ok('room', 'join', room);
    await stage.ok('doctor');
  });

  it('what it says through a daemon, matrix-js-sdk reads without a shield, and matrix-nio where all devices get keys', async () => {
    await using daemon = stage.daemon();
    await daemon.start();
    for (const room of ['strict', 'open']) {
      await stage.ok('send', '--room', room, '--wait=20s', `through the daemon to ${room}`);
      await stage.notify(room, `over HTTP to ${room}`);
    }
    for (const [roomId, name] of [
      [strict, 'strict'],
      [open, 'open'],
    ] as const) {
      const seen = await element.whenSeen(roomId, stage.bot.userId, 2);
      expect(seen).toMatchObject([
        { wireType: 'm.room.encrypted', shield: 'none' },
        { wireType: 'm.room.encrypted', shield: 'none' },
      ]);
      expect(seen.map(({ content }) => content['body'])).toEqual([
        `through the daemon to ${name}`,
        `over HTTP to ${name}`,
      ]);
    }
    expect(await nio.whenRead(open, 2)).toEqual([
      'through the daemon to open',
      'over HTTP to open',
    ]);
    await stage.ok('doctor');
    expect(await daemon.stop()).toBe(0);
  });

  it('a device that cannot be signed is told that it gets no key, and doctor says so too', async () => {
    await nio.whenUnreadable(strict, 2);
    expect(nio.read(strict)).toEqual([]);
    expect(nio.toDevice('m.room_key.withheld')).toMatchObject([
      { room_id: strict, code: 'm.unverified' },
    ]);
    expect(await stage.ok('doctor')).toMatch(/cannot read what is sent there.*@nio-\d/);
  });

  it('what it says without a daemon is read as well', async () => {
    await stage.ok('send', '--room', 'open', 'without a daemon');
    await stage.ok('send', '--room', 'open', '--title', 'Disk', 'without a daemon again');
    const seen = await element.whenSeen(open, stage.bot.userId, 4);
    expect(seen.map(({ shield }) => shield)).toEqual(['none', 'none', 'none', 'none']);
    expect(seen.at(-1)?.content['body']).toContain('without a daemon again');
    expect(await nio.whenRead(open, 4)).toHaveLength(4);
  });
});

import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import type { RoomId } from '../../src/matrix/ids.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { ElementReader } from './parts/element-reader.ts';
import { EncryptionStage } from './parts/encryption-stage.ts';

/** Looking once a minute would take too long; what was mended is looked at when it is woken. */
const noticeDeadlineMs = 30_000;
const pollMs = 200;

let stage: EncryptionStage;
let reader: ElementReader;
let roomId: RoomId;
let recoveryKey: string;

/** Removes the encryption stores, and nothing else. */
async function deleteStores(): Promise<void> {
  const dir = join(stage.dir, 'data', 'encryption');
  const files = await readdir(dir);
  expect(files).toContain('main.db');
  for (const file of files) await rm(join(dir, file));
}

/** What was said in the room, all of it read without a shield. */
async function read(count: number): Promise<unknown[]> {
  const seen = await reader.whenSeen(roomId, stage.bot.userId, count);
  expect(seen.filter(({ shield }) => shield !== 'none')).toEqual([]);
  return seen.map(({ content }) => content['body']);
}

async function recover(): Promise<string> {
  const files = ['--recovery-key-file', 'recovery.key', '--password-file', 'password'];
  return await stage.ok('account', 'identity', 'recover', ...files);
}

async function deviceOf(): Promise<string> {
  const shown = await stage.ok('account', 'identity', 'show', '--json');
  return (JSON.parse(shown) as { device_id: string }).device_id;
}

await describeWithSynapse('an encryption store that is gone', () => {
  beforeAll(async () => {
    stage = await EncryptionStage.open();
    reader = await ElementReader.arrive(stage.people, 'element');
    roomId = await stage.room(reader.session);
    await stage.configure({ ops: { roomId } });
    recoveryKey = await stage.register();
    await stage.write('recovery.key', recoveryKey);
    await stage.ok('room', 'join', 'ops');
  });
  afterAll(async () => {
    await reader[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  it('is noticed at the next start and said; the recovery key makes a new device, and all that waited arrives', async () => {
    await using daemon = stage.daemon();
    await daemon.start();
    await stage.notify('ops', 'before');
    const before = await deviceOf();
    await daemon.stop();
    await deleteStores();

    await daemon.start();
    const id = await stage.submit('ops', 'first while it is gone');
    await stage.submit('ops', 'second while it is gone');
    await vi.waitFor(
      async () => expect(await stage.readiness()).toContain('bellhop account identity recover'),
      { timeout: noticeDeadlineMs, interval: pollMs },
    );
    const doctor = await stage.bellhop('doctor');
    expect(doctor.exit).not.toBe(0);
    expect(doctor.stdout).toMatch(/fail {2}identity main: .*bellhop account identity recover/);
    expect(await stage.ok('outbox', 'show', id)).toMatch(/waits for: .*device/);
    expect(await reader.seen(roomId, stage.bot.userId)).toHaveLength(1);

    expect(await recover()).toContain('new device');
    expect(await deviceOf()).not.toBe(before);
    await stage.wake();
    expect(await read(3)).toEqual(['before', 'first while it is gone', 'second while it is gone']);
    await stage.ok('doctor');
    expect(await daemon.stop()).toBe(0);
  });

  it('while a daemon has it open, is noticed by doctor, and can be recovered under the running daemon', async () => {
    await using daemon = stage.daemon();
    await daemon.start();
    await stage.notify('ops', 'before again');
    await deleteStores();
    const doctor = await stage.bellhop('doctor');
    expect(doctor.stdout).toMatch(/fail {2}identity main: .*bellhop account identity recover/);
    await stage.notify('ops', 'as long as the daemon lives, it goes on');
    expect(await recover()).toContain('new device');
    await stage.wake();
    await stage.notify('ops', 'from the new device');
    await daemon.stop();
    await daemon.start();
    await stage.notify('ops', 'after a restart');
    expect((await read(7)).slice(3)).toEqual([
      'before again',
      'as long as the daemon lives, it goes on',
      'from the new device',
      'after a restart',
    ]);
    await stage.ok('doctor');
  });
});

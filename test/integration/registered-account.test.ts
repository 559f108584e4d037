import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RoomId } from '../../src/matrix/ids.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { ElementReader } from './parts/element-reader.ts';
import { EncryptionStage } from './parts/encryption-stage.ts';

const recoveryKeyPattern = /(?:\w{4} ){11}\w{4}/;

let stage: EncryptionStage;
let reader: ElementReader;
let roomId: RoomId;
let recoveryKey: string;

async function deleteStores(): Promise<void> {
  await rm(join(stage.dir, 'data', 'encryption'), { recursive: true });
}

/** Says something in the encrypted room; what its reader has seen without a shield by then. */
async function say(text: string, count: number): Promise<unknown[]> {
  await stage.ok('send', '--wait=30s', text);
  const seen = await reader.whenSeen(roomId, stage.bot.userId, count);
  return seen.filter(({ shield }) => shield === 'none').map(({ content }) => content['body']);
}

await describeWithSynapse('an account that `register` made, whose password nobody chose', () => {
  beforeAll(async () => {
    stage = await EncryptionStage.open();
    reader = await ElementReader.arrive(stage.people, 'element');
    roomId = await stage.room(reader.session);
    await stage.configure({ ops: { roomId } });
    const shown = await stage.ok('register', stage.bot.userId, '--secret-file', 'secret');
    [recoveryKey = ''] = recoveryKeyPattern.exec(shown) ?? [];
    await stage.write('recovery.key', recoveryKey);
    await stage.ok('room', 'join', 'ops');
  });
  afterAll(async () => {
    await reader[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  it('keeps it beside its token, and the homeserver it belongs to', async () => {
    const files = await readdir(join(stage.dir, 'data', 'accounts'));
    const own = `bellhop@${encodeURIComponent(stage.synapse.serverName)}`;
    expect(files.sort()).toEqual([`${own}.homeserver`, `${own}.password`, 'main.json']);
    expect(await say('first', 1)).toEqual(['first']);
  });

  it('is recovered from a lost store by its recovery key alone', async () => {
    await deleteStores();
    const recover = ['account', 'identity', 'recover', '--recovery-key-file', 'recovery.key'];
    expect(await stage.ok(...recover)).toContain('new device');
    expect(await say('second', 2)).toEqual(['first', 'second']);
  });

  it('logs in again after it was logged out', async () => {
    expect(await stage.ok('account', 'logout', 'main')).toContain('.password');
    await stage.ok('login', stage.bot.userId);
    await stage.ok('account', 'identity', 'recover', '--recovery-key-file', 'recovery.key');
    expect(await say('third', 3)).toEqual(['first', 'second', 'third']);
  });

  it('speaks again with another identity where store and recovery key are lost', async () => {
    await deleteStores();
    await stage.ok('account', 'logout', 'main');
    await stage.ok('login', stage.bot.userId);
    const reset = await stage.ok('account', 'identity', 'reset', '--force');
    expect(reset).toMatch(recoveryKeyPattern);
    await stage.ok('doctor');
    await stage.ok('send', '--wait=30s', 'fourth');
  });

  it('makes an encrypted room, and lets people in later', async () => {
    const made = await stage.ok('room', 'create', '--name', 'Secrets', '--encrypted', '--json');
    const { room_id: secrets, encrypted } = JSON.parse(made) as Record<string, unknown>;
    expect(encrypted).toBe(true);
    const invite = ['room', 'invite', String(secrets), reader.session.userId];
    expect(await stage.ok(...invite)).toBe(`${reader.session.userId} is invited.\n`);
    expect(await stage.ok(...invite)).toBe(`${reader.session.userId} was invited already.\n`);
  });

  it('is told apart from an account that is there already', async () => {
    const again = await stage.bellhop('register', stage.bot.userId, '--secret-file', 'secret');
    expect(again.stderr).toContain('tries the password in');
    await stage.write('wrong', 'no secret');
    const wrong = await stage.bellhop(
      ...['register', `@other:${stage.synapse.serverName}`, '--account', 'other'],
      ...['--homeserver', stage.synapse.baseUrl, '--secret-file', 'wrong'],
    );
    expect(wrong.stderr).toContain('does not take the registration secret');
  });
});

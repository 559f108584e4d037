import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Attachment, EncryptedAttachment, initAsync } from '@matrix-org/matrix-sdk-crypto-wasm';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { RoomId } from '../../src/matrix/ids.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { ElementReader, type SeenEvent } from './parts/element-reader.ts';
import { EncryptionStage } from './parts/encryption-stage.ts';
import type { ServeProcess } from './parts/serve-process.ts';

/** More than one piece of a stream, and no multiple of a cipher's block. */
const fileBytes = 300_001;
/** Longer than an event can be. */
const overlongCharacters = 80_000;

let stage: EncryptionStage;
let reader: ElementReader;
let daemon: ServeProcess;
let roomId: RoomId;

/** Sends through the façade, as a Matrix client; the event's id. */
async function put(path: string, content: object): Promise<string> {
  const url = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/${path}`;
  const answer = await stage.call('PUT', url, content);
  expect(answer.status, answer.text).toBe(200);
  return String(answer.json['event_id']);
}

/** The bytes of an encrypted file, as another implementation decrypts them. */
async function decrypted({ content }: SeenEvent): Promise<Buffer> {
  const { url, ...rest } = content['file'] as Record<string, unknown> & { url: string };
  const sealed = new EncryptedAttachment(await reader.download(url), JSON.stringify(rest));
  return Buffer.from(Attachment.decrypt(sealed));
}

await describeWithSynapse('what refers to other messages, in an encrypted room', () => {
  beforeAll(async () => {
    await initAsync();
    stage = await EncryptionStage.open();
    reader = await ElementReader.arrive(stage.people, 'element');
    const invite = [stage.bot.userId];
    roomId = await stage.room(reader.session, { preset: 'private_chat', invite });
    await stage.configure({ ops: { roomId } });
    await stage.register();
    daemon = stage.daemon();
    await daemon.start();
  });
  afterAll(async () => {
    await daemon[Symbol.asyncDispose]();
    await reader[Symbol.asyncDispose]();
    await stage[Symbol.asyncDispose]();
  });

  it('arrives readable, with its relation where clients look for it; an invitation is accepted first', async () => {
    const say = async (txnId: string, body: string, relation?: object) =>
      await put(`send/m.room.message/${txnId}`, {
        msgtype: 'm.text',
        body,
        ...(relation === undefined ? {} : { 'm.relates_to': relation }),
      });
    const root = await say('root', 'disk full');
    await put('send/m.room.message/edit', {
      msgtype: 'm.text',
      body: '* disk is fine',
      'm.new_content': { msgtype: 'm.text', body: 'disk is fine' },
      'm.relates_to': { rel_type: 'm.replace', event_id: root },
    });
    await say('reply', 'a plain answer', { 'm.in_reply_to': { event_id: root } });
    const thread = { rel_type: 'm.thread', event_id: root, is_falling_back: true };
    await say('thread', 'in the thread', thread);
    await put('send/m.reaction/reaction', {
      'm.relates_to': { rel_type: 'm.annotation', event_id: root, key: '✅' },
    });
    await put(`redact/${encodeURIComponent(await say('slip', 'a slip'))}/redaction`, {
      reason: 'said by mistake',
    });

    const seen = await reader.whenSeen(roomId, stage.bot.userId, 7);
    const [first, edit, reply, threaded, reaction, slip, redaction] = seen;
    const rootId = first?.eventId;
    expect(first).toMatchObject({ content: { body: 'disk full' }, shield: 'none' });
    expect(edit).toMatchObject({
      content: { 'm.new_content': { body: 'disk is fine' } },
      wireContent: { 'm.relates_to': { rel_type: 'm.replace', event_id: rootId } },
    });
    expect(reply).toMatchObject({
      content: { body: 'a plain answer' },
      wireContent: { 'm.relates_to': { 'm.in_reply_to': { event_id: rootId } } },
    });
    expect(threaded).toMatchObject({
      content: { body: 'in the thread' },
      wireContent: { 'm.relates_to': { ...thread, event_id: rootId } },
    });
    expect(reaction).toMatchObject({
      wireType: 'm.reaction',
      wireContent: {
        'm.relates_to': { rel_type: 'm.annotation', event_id: rootId, key: '✅' },
      },
    });
    expect(slip?.content).toEqual({});
    expect(redaction).toMatchObject({ wireType: 'm.room.redaction' });
    expect(JSON.stringify(redaction?.wireContent)).not.toContain('mistake');
    expect(
      stage.proxy.heard(['disk', 'a plain answer', 'in the thread', 'slip', 'mistake']),
    ).toEqual([]);
  });

  it('a file is encrypted, and another implementation decrypts it from the media repository', async () => {
    const bytes = randomBytes(fileBytes);
    await writeFile(join(stage.dir, 'report of the night.epub'), bytes);
    await stage.ok(
      'send',
      '--room',
      'ops',
      '--attach',
      'report of the night.epub',
      '--queue',
      'it',
    );
    await stage.wake();
    const file = (await reader.whenSeen(roomId, stage.bot.userId, 9)).at(-1);
    if (file === undefined) throw new Error('Nothing arrived.');
    expect(file).toMatchObject({
      shield: 'none',
      content: { msgtype: 'm.file', body: 'report of the night.epub', info: { size: fileBytes } },
    });
    expect(file.content).not.toHaveProperty('url');
    expect((await decrypted(file)).equals(bytes)).toBe(true);
    expect(stage.proxy.heard(['report of the night', 'epub'])).toEqual([]);
  });

  it('a text that is too long is cut, and whole in an encrypted file', async () => {
    const text = 'too long '.repeat(overlongCharacters / 9).trim();
    await stage.notify('ops', text);
    const seen = (await reader.whenSeen(roomId, stage.bot.userId, 11)).slice(-2);
    const file = seen.find(({ content }) => content['file'] !== undefined);
    const cut = seen.find((event) => event !== file);
    expect(cut?.content['body']).toMatch(/^too long/);
    if (file === undefined) throw new Error('There is no file.');
    expect((await decrypted(file)).toString()).toBe(text);
    expect(stage.proxy.heard(['too long', 'text/plain'])).toEqual([]);
  });
});

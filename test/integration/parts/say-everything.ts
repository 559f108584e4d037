import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { RoomId } from '../../../src/matrix/ids.ts';
import type { EncryptionStage } from './encryption-stage.ts';

/** Longer than an event can be, so it is cut and goes along whole as a file. */
const overlongCharacters = 80_000;

/** Where something is said, with the words that nobody outside may hear. */
export interface Saying {
  readonly stage: EncryptionStage;
  /** Its configured name. */
  readonly room: string;
  readonly roomId: RoomId;
  /** An event of somebody else's there. */
  readonly eventId: string;
  readonly word: string;
}

async function notify({ stage, room }: Saying, notification: object): Promise<void> {
  const answer = await stage.call('POST', '/v1/notifications', { room, ...notification });
  expect(answer.status, answer.text).toBe(202);
}

/** Through the façade, as a Matrix client. */
async function put({ stage, roomId }: Saying, path: string, content: object): Promise<void> {
  const url = `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/${path}`;
  const answer = await stage.call('PUT', url, content);
  expect(answer.status, answer.text).toBe(200);
}

const text = (word: string) => ({ msgtype: 'm.text', body: word });

/** Every kind of message that somebody can make Bellhop send, by name; each has the word wherever words go. */
export const sayings: Readonly<Record<string, (saying: Saying) => Promise<void>>> = {
  async text(saying) {
    await notify(saying, { body: saying.word });
  },
  async markdown(saying) {
    const { word } = saying;
    const link = `https://example.org/${word}`;
    await notify(saying, { title: word, body: `*${word}*`, format: 'markdown', link });
  },
  async html(saying) {
    await notify(saying, { body: `<b>${saying.word}</b>`, format: 'html' });
  },
  async overlong(saying) {
    await notify(saying, { body: `${saying.word} `.padEnd(overlongCharacters, 'words ') });
  },
  async file(saying) {
    const { stage, room, word } = saying;
    const path = join(stage.dir, `${word}.epub`);
    await writeFile(path, `the content ${word}`);
    await stage.ok('send', '--queue', '--room', room, '--attach', path, `with a file ${word}`);
  },
  async edit(saying) {
    const { word, eventId } = saying;
    await put(saying, `send/m.room.message/edit-${saying.room}`, {
      ...text(`* ${word}`),
      'm.new_content': text(word),
      'm.relates_to': { rel_type: 'm.replace', event_id: eventId, note: word },
    });
  },
  async reply(saying) {
    const { word, eventId } = saying;
    await put(saying, `send/m.room.message/reply-${saying.room}`, {
      ...text(word),
      'm.relates_to': { 'm.in_reply_to': { event_id: eventId, note: word } },
    });
  },
  async thread(saying) {
    const { word, eventId } = saying;
    await put(saying, `send/m.room.message/thread-${saying.room}`, {
      ...text(word),
      'm.relates_to': { rel_type: 'm.thread', event_id: eventId, note: word },
    });
  },
  async reaction(saying) {
    const { word, eventId } = saying;
    const relation = { rel_type: 'm.annotation', event_id: eventId };
    await put(saying, `send/m.reaction/reaction-${saying.room}`, {
      note: word,
      'm.relates_to': { ...relation, key: '✅', note: word },
    });
    await put(saying, `send/m.reaction/words-${saying.room}`, {
      'm.relates_to': { ...relation, key: word },
    });
  },
  async redaction(saying) {
    const event = encodeURIComponent(saying.eventId);
    await put(saying, `redact/${event}/redaction-${saying.room}`, { reason: saying.word });
  },
  async another(saying) {
    const type = `org.example.${saying.word}`;
    await put(saying, `send/${type}/another-${saying.room}`, { [saying.word]: saying.word });
  },
};

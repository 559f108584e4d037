import { basename } from 'node:path';
import { systemClock } from '../../clock.ts';
import { Failure } from '../../errors.ts';
import { canonicalJson } from '../../notification/canonical-json.ts';
import { cleanLine } from '../../notification/clean-text.ts';
import { createRenderer, type Renderer } from '../../notification/create-renderer.ts';
import { inThread } from '../../notification/event-content.ts';
import { fileContent } from '../../notification/file-content.ts';
import type { Notification } from '../../notification/notification.ts';
import { draftSubmission } from '../../outbox/draft.ts';
import type { Attachment } from '../../outbox/entry.ts';
import { createIds, entryTxnId } from '../../outbox/new-id.ts';
import type { Idempotency, NewEntry, Submission } from '../../outbox/outbox.ts';
import { localSourceName } from '../local-source.ts';
import { readRegularFile } from '../read-regular-file.ts';
import { saysSomething } from './check-message.ts';
import { contentTypeOf } from './content-type.ts';
import { sendDocument } from './send-document.ts';
import type { SendOptions } from './send-options.ts';
import { findForeignRoom, findRoom, roomMissing, type SendSettings } from './send-settings.ts';
import { unpredictableBytes } from './unpredictable-bytes.ts';

export type SendRoom = SendSettings['rooms'][number];

/** Far above what homeservers take (Synapse: 50 MiB); the file is kept whole in the outbox. */
const attachmentBytesMax = 100 * 1024 * 1024;

/** Text that is not markup needs no parser, and loading one takes longer than sending. */
async function rendererFor(format: SendOptions['format']): Promise<Renderer> {
  if (format !== 'plain') return (await import('../../notification/render.ts')).render;
  const unused = (): never => {
    throw new Error('plain text was taken for markup');
  };
  return createRenderer({ markdown: unused, html: unused });
}

function readAttachment(path: string): Attachment {
  const bytes = readRegularFile(path, attachmentBytesMax);
  return { fileName: basename(path), contentType: contentTypeOf(path), bytes };
}

function attachmentEntry(
  room: SendRoom,
  path: string,
  thread: string | undefined,
  txnId: string,
): NewEntry {
  const attachment = readAttachment(path);
  const { fileName, contentType, bytes } = attachment;
  const relatesTo = thread === undefined ? undefined : inThread(thread);
  const content = fileContent({ fileName, contentType, sizeBytes: bytes.length, relatesTo });
  return {
    lane: { account: room.account, room: room.room },
    txnId,
    type: 'm.room.message',
    content: canonicalJson(content),
    attachment,
  };
}

/** The room to send to. @throws Failure usage, not_found */
export function chooseRoom(settings: SendSettings, options: SendOptions): SendRoom {
  const room = findRoom(settings, options.room);
  if (room !== undefined) return room;
  if (options.room === undefined) throw roomMissing();
  const foreign = findForeignRoom(settings, options.room);
  if (foreign !== undefined) return foreign;
  const names = settings.rooms.map(({ name }) => name).join(', ') || 'none';
  throw new Failure('not_found', {
    detail: `No room "${options.room}" is configured; there is ${names}.`,
  });
}

/** What names something is clean from here on, as the daemon has it. */
function cleanKey({ key }: SendOptions): string | undefined {
  return key === undefined ? undefined : cleanLine(key);
}

function notificationOf(options: SendOptions, text: string): Notification {
  const { title, format, severity, status, link, thread, mention, silent } = options;
  const key = cleanKey(options);
  return { title, body: text, format, severity, status, link, key, thread, mention, silent };
}

/** A file needs no words beside it: an empty message before it would tell nobody anything. */
function isFileAlone(options: SendOptions, text: string): boolean {
  const { attach, severity, status, mention } = options;
  if (attach === undefined) return false;
  const words = { ...options, attach: undefined };
  return !saysSomething(words, text) && (severity ?? status ?? mention) === undefined;
}

/** As the daemon recognises the same call, so that a message sent through it is not sent again without it. */
async function idempotencyOf(
  key: string,
  options: SendOptions,
  text: string,
): Promise<Idempotency> {
  const { chosenIdempotency, nativePlace } = await import('../../gateway/idempotency.ts');
  const body = Buffer.from(sendDocument(options, text));
  return chosenIdempotency(key, { query: {}, body }, nativePlace);
}

/** The message as a submission to the outbox. @throws Failure bad_input, no_input */
export async function draftMessage(
  room: SendRoom,
  options: SendOptions,
  text: string,
): Promise<Submission> {
  const ids = createIds(systemClock, unpredictableBytes);
  const { idempotencyKey, expireAfterMs } = options;
  const notification = notificationOf(options, text);
  const envelope = {
    id: ids.notification(),
    source: localSourceName,
    key: notification.key,
    idempotency:
      idempotencyKey === undefined ? undefined : await idempotencyOf(idempotencyKey, options, text),
    createdAt: systemClock.now(),
  };
  const addressee = { ...room, expireAfterMs: expireAfterMs ?? room.expireAfterMs };
  const drafts = isFileAlone(options, text) ? [] : [{ notification, addressees: [addressee] }];
  const submission = draftSubmission(envelope, drafts, await rendererFor(options.format));
  if (options.attach === undefined) return submission;
  const txnId = entryTxnId(submission.id, submission.entries.length + 1);
  const file = attachmentEntry(room, options.attach, options.thread, txnId);
  return { ...submission, entries: [...submission.entries, file] };
}

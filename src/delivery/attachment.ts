import { MatrixError } from '../matrix/errors.ts';
import { type MediaConfig, mediaConfig, uploadMedia } from '../matrix/media.ts';
import type { Session } from '../matrix/session.ts';
import type { StoredAttachment } from '../outbox/entry.ts';
import { classify, classifyQuestion } from './classify.ts';
import type { Encryptor } from './encryptor.ts';
import type { Setback } from './outcome.ts';

/** The type of encrypted files (Client-Server API "Sending encrypted attachments"). */
const unreadable = 'application/octet-stream';

/**
 * Why the homeserver would not take the file; undefined: it would. Asked for first, as past its limit Synapse resets the
 * connection instead of answering.
 *
 * @throws MatrixError, TransportError, for `uploadSetback` to judge
 */
export async function refusedSize(
  session: Session,
  { sizeBytes }: Pick<StoredAttachment, 'sizeBytes'>,
  signal: AbortSignal,
): Promise<Setback | undefined> {
  const { uploadBytesMax } = await limits(session, signal);
  if (uploadBytesMax === undefined || sizeBytes <= uploadBytesMax) return undefined;
  const error = `the file has ${sizeBytes} bytes and the homeserver takes ${uploadBytesMax}`;
  return { kind: 'dead', reason: 'attachment', error };
}

/**
 * Uploads an entry's file, a piece at a time; the content with its name. With an encryptor what is uploaded tells neither
 * its content nor its name or type.
 *
 * @throws MatrixError, TransportError, Failure of the outbox, for `uploadSetback` to judge
 */
export async function uploadAttachment(
  session: Session,
  file: StoredAttachment,
  content: string,
  signal: AbortSignal,
  encryptor?: Pick<Encryptor, 'encryptFile'>,
): Promise<string> {
  const { fileName, contentType, sizeBytes } = file;
  const { url: _, ...named }: Record<string, unknown> = JSON.parse(content);
  if (encryptor === undefined) {
    const bytes = { bytes: file.chunks(), sizeBytes };
    const url = await uploadMedia(session, { fileName, contentType, bytes }, signal);
    return JSON.stringify({ ...named, url });
  }
  const encrypting = await encryptor.encryptFile(file.chunks());
  const upload = { contentType: unreadable, bytes: { bytes: encrypting.chunks, sizeBytes } };
  const url = await uploadMedia(session, upload, signal);
  const encrypted = { ...encrypting.file(), url };
  return JSON.stringify({ ...named, file: encrypted });
}

/** What a failed upload means: a definite no is about the file, and trying the same one again would block the lane. */
export function uploadSetback(thrown: unknown): Setback {
  const setback = classify(thrown);
  if (setback.kind !== 'dead' && setback.kind !== 'room-closed') return classifyQuestion(thrown);
  return { kind: 'dead', reason: 'attachment', error: setback.error };
}

/** Homeservers older than version 1.11 of the specification do not answer here. */
async function limits(session: Session, signal: AbortSignal): Promise<MediaConfig> {
  try {
    return await mediaConfig(session, signal);
  } catch (error) {
    if (!(error instanceof MatrixError) || error.status !== 404) throw error;
    return { uploadBytesMax: undefined };
  }
}

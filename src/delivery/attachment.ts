import { MatrixError } from '../matrix/errors.ts';
import { type MediaConfig, mediaConfig, uploadMedia } from '../matrix/media.ts';
import type { Session } from '../matrix/session.ts';
import type { Attachment } from '../outbox/entry.ts';
import { classify, classifyQuestion } from './classify.ts';
import type { Setback } from './outcome.ts';
import type { Completion } from './sender.ts';

/**
 * Uploads an entry's file and names it in the content. The server's limit is asked for first: past it Synapse resets the
 * connection instead of answering.
 *
 * @throws MatrixError, TransportError, for `uploadSetback` to judge
 */
export async function uploadAttachment(
  session: Session,
  file: Attachment,
  content: string,
  signal: AbortSignal,
): Promise<Completion> {
  const { uploadBytesMax } = await limits(session, signal);
  if (uploadBytesMax !== undefined && file.bytes.byteLength > uploadBytesMax) {
    const error = `the file has ${file.bytes.byteLength} bytes and the homeserver takes ${uploadBytesMax}`;
    return { ok: false, setback: { kind: 'dead', reason: 'attachment', error } };
  }
  const url = await uploadMedia(session, file, signal);
  const parsed: Record<string, unknown> = JSON.parse(content);
  return { ok: true, content: JSON.stringify({ ...parsed, url }) };
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

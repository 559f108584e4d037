import { mediaConfig, uploadMedia } from '../matrix/media.ts';
import type { Session } from '../matrix/session.ts';
import type { Attachment } from '../outbox/entry.ts';
import type { Completion } from './sender.ts';

/**
 * Uploads an entry's file and names it in the content. The server's limit is asked for first: past it Synapse resets the
 * connection instead of answering.
 */
export async function uploadAttachment(
  session: Session,
  file: Attachment,
  content: string,
  signal: AbortSignal,
): Promise<Completion> {
  const { uploadBytesMax } = await mediaConfig(session, signal);
  if (uploadBytesMax !== undefined && file.bytes.byteLength > uploadBytesMax) {
    const error = `the file has ${file.bytes.byteLength} bytes and the homeserver takes ${uploadBytesMax}`;
    return { ok: false, setback: { kind: 'dead', reason: 'attachment', error } };
  }
  const url = await uploadMedia(session, file, signal);
  const parsed: Record<string, unknown> = JSON.parse(content);
  return { ok: true, content: JSON.stringify({ ...parsed, url }) };
}

import { Failure } from '../../errors.ts';
import type { StoredAttachment } from '../../outbox/entry.ts';
import type { AttachmentRow } from './operations/attachment.ts';

/** Reads one piece of a file; undefined: it is not there. */
type ReadChunk = (fileId: number, ordinal: number) => Promise<Uint8Array | undefined>;

/** A file in the database, whose pieces are read one by one as they are wanted. */
export function storedAttachment(row: AttachmentRow, readChunk: ReadChunk): StoredAttachment {
  return {
    fileName: row.file_name,
    contentType: row.content_type,
    sizeBytes: row.size_bytes,
    chunks: () => readChunks(row, readChunk),
  };
}

async function* readChunks(row: AttachmentRow, readChunk: ReadChunk): AsyncGenerator<Uint8Array> {
  let leftBytes = row.size_bytes;
  for (let ordinal = 0; leftBytes > 0; ordinal++) {
    const chunk = await readChunk(row.file_id, ordinal);
    // Delivered by an attempt before this one, or purged.
    if (chunk === undefined) {
      throw new Failure('storage_failed', { detail: 'A file is no longer in the outbox.' });
    }
    leftBytes -= chunk.byteLength;
    yield chunk;
  }
}

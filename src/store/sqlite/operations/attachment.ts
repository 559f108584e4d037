import type { Attachment } from '../../../outbox/entry.ts';
import type { Connection } from '../connection.ts';

/**
 * What of a file is read at once. SQLite reads a value as a whole, also to give a part of it, so each piece is a value
 * of its own; this many bytes are read in half a millisecond, and make few rows of a large file.
 */
const chunkBytes = 256 * 1024;

/** A file's row, without its bytes. */
export interface AttachmentRow {
  /** Names its pieces; it stays when a redrive gives the file to another entry. */
  readonly file_id: number;
  readonly file_name: string;
  readonly content_type: string;
  readonly size_bytes: number;
}

export function writeAttachment(
  { statements }: Connection,
  seq: number,
  { fileName, contentType, bytes }: Attachment,
): void {
  statements.run(
    'insert into attachment (seq, file_id, file_name, content_type, size_bytes) values (?, ?, ?, ?, ?)',
    seq,
    // No place in the outbox is used twice, so no other file has it.
    seq,
    fileName,
    contentType,
    bytes.byteLength,
  );
  for (let ordinal = 0; ordinal * chunkBytes < bytes.byteLength; ordinal++) {
    const from = ordinal * chunkBytes;
    statements.run(
      'insert into file_chunk (file_id, ordinal, bytes) values (?, ?, ?)',
      seq,
      ordinal,
      bytes.subarray(from, from + chunkBytes),
    );
  }
}

/** What is known of an entry's file. */
export function readAttachment({ statements }: Connection, seq: number): AttachmentRow | undefined {
  return statements.get<AttachmentRow>(
    'select file_id, file_name, content_type, size_bytes from attachment where seq = ?',
    seq,
  );
}

/** One piece of a file; undefined: it has no such piece, or no longer. */
export function readFileChunk(
  { statements }: Connection,
  fileId: number,
  ordinal: number,
): Uint8Array | undefined {
  const row = statements.get<{ bytes: Uint8Array }>(
    'select bytes from file_chunk where file_id = ? and ordinal = ?',
    fileId,
    ordinal,
  );
  return row?.bytes;
}

/** Gives an entry's file to another entry. */
export function moveAttachment({ statements }: Connection, fromSeq: number, toSeq: number): void {
  statements.run('update attachment set seq = ? where seq = ?', toSeq, fromSeq);
}

/** Deletes an entry's file, if it has one. */
export function deleteAttachment({ statements }: Connection, seq: number): void {
  const deleted = statements.lists<[fileId: number]>(
    'delete from attachment where seq = ? returning file_id',
    seq,
  );
  for (const [fileId] of deleted) {
    statements.run('delete from file_chunk where file_id = ?', fileId);
  }
}

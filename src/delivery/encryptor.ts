import type { RoomId } from '../matrix/ids.ts';
import type { LaneKey } from '../outbox/entry.ts';

/** One event on its way into an encrypted room. */
export interface ClearEvent {
  readonly lane: LaneKey;
  readonly roomId: RoomId;
  readonly type: string;
  /** JSON text. */
  readonly content: string;
}

/** A file that is encrypted as it is uploaded. */
export interface EncryptingFile {
  /** As many bytes as went in; to be read once. */
  readonly chunks: AsyncIterable<Uint8Array>;
  /** The members of an `EncryptedFile` but its `url` (Client-Server API "Sending encrypted attachments"), after the last chunk. */
  file(): object;
}

/** What delivery needs to speak in encrypted rooms. */
export interface Encryptor {
  /**
   * The content of the `m.room.encrypted` event that takes the place of `event`; who may read it has been given its key,
   * and nothing of it can be used again once it resolves.
   *
   * @throws Failure when somebody has to act before this account can encrypt, or its store cannot be written
   * @throws MatrixError, TransportError: it may be tried again
   */
  encrypt(event: ClearEvent, signal: AbortSignal): Promise<string>;
  /** Resolves when the lane's account can encrypt; it throws what is in the way, as `encrypt`. */
  ready(lane: LaneKey, signal: AbortSignal): Promise<void>;
  /** Encrypts a file under a fresh key of its own; what reading `chunks` throws goes to who reads the result. */
  encryptFile(chunks: AsyncIterable<Uint8Array>): Promise<EncryptingFile>;
}

import { describe, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { MatrixError, TransportError } from '../matrix/errors.ts';
import type { Homeserver, MatrixRequest } from '../matrix/homeserver.ts';
import { parseUserId } from '../matrix/ids.ts';
import type { Session } from '../matrix/session.ts';
import { isStreamed } from '../matrix/streamed-body.ts';
import type { StoredAttachment } from '../outbox/entry.ts';
import { uploadAttachment, uploadSetback } from './attachment.ts';
import type { EncryptingFile } from './encryptor.ts';

const pieces = 50;
const pieceBytes = 1_000;
const { signal } = new AbortController();
const content = '{"body":"a.txt","info":{"size":50000},"msgtype":"m.file"}';

/** A file that is made up as it is read. */
class MadeUpFile implements StoredAttachment {
  readonly fileName = 'salaries.txt';
  readonly contentType = 'text/plain';
  readonly sizeBytes = pieces * pieceBytes;
  read = 0;

  async *chunks(): AsyncGenerator<Uint8Array> {
    for (; this.read < pieces; this.read++) {
      yield await Promise.resolve(new Uint8Array(pieceBytes).fill(this.read));
    }
  }
}

/** A homeserver that takes files piece by piece. */
class Taker implements Homeserver {
  readonly baseUrl = 'https://hs.test';
  readonly uploads: MatrixRequest[] = [];
  readonly bytes: number[] = [];
  taken = 0;
  /** The most pieces that were read and not yet taken. */
  heldMax = 0;
  readonly #file: MadeUpFile;

  constructor(file: MadeUpFile) {
    this.#file = file;
  }

  async request(request: MatrixRequest) {
    if (request.method === 'POST') await this.#take(request);
    return { status: 200, headers: {}, body: '{"content_uri":"mxc://hs.test/file"}' };
  }

  async #take(request: MatrixRequest): Promise<void> {
    this.uploads.push(request);
    if (!isStreamed(request.body)) return;
    for await (const chunk of request.body.bytes) {
      this.heldMax = Math.max(this.heldMax, this.#file.read + 1 - this.taken);
      this.taken++;
      this.bytes.push(...chunk.subarray(0, 1));
    }
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

/** Turns every byte around, and says how many pieces there were. */
async function encryptFile(chunks: AsyncIterable<Uint8Array>): Promise<EncryptingFile> {
  let count = 0;
  async function* encrypted() {
    for await (const chunk of chunks) {
      count++;
      yield chunk.map((byte) => 255 - byte);
    }
  }
  return await Promise.resolve({
    chunks: encrypted(),
    file: () => ({ v: 'v2', iv: String(count) }),
  });
}

function stage(): { file: MadeUpFile; homeserver: Taker; session: Session } {
  const file = new MadeUpFile();
  const homeserver = new Taker(file);
  const userId = parseUserId('@bot:hs.test');
  if (userId === undefined) throw new Error('no user id');
  return { file, homeserver, session: { homeserver, accessToken: 't', userId, deviceId: 'D' } };
}

const firstBytes = Array.from({ length: pieces }, (_, index) => index);
const named = { body: 'a.txt', info: { size: 50_000 }, msgtype: 'm.file' };

describe('a file that is uploaded', () => {
  it('in clear has its name and type, and the content its url', async () => {
    const { file, homeserver, session } = stage();
    const uploaded = await uploadAttachment(session, file, content, signal);
    const [upload] = homeserver.uploads;
    expect(upload?.path).toBe('/_matrix/media/v3/upload?filename=salaries.txt');
    expect(upload?.contentType).toBe('text/plain');
    expect(upload?.body).toMatchObject({ sizeBytes: 50_000 });
    expect(homeserver.bytes).toEqual(firstBytes);
    expect(JSON.parse(uploaded)).toEqual({
      ...named,
      url: 'mxc://hs.test/file',
    });
  });

  it('encrypted has neither name nor type, and the content tells how to open it', async () => {
    const { file, homeserver, session } = stage();
    const withUrl = content.replace('{', '{"url":"mxc://hs.test/clear",');
    const encryptor = { encryptFile };
    const uploaded = await uploadAttachment(session, file, withUrl, signal, encryptor);
    const [upload] = homeserver.uploads;
    expect(upload?.path).toBe('/_matrix/media/v3/upload');
    expect(upload?.contentType).toBe('application/octet-stream');
    expect(upload?.body).toMatchObject({ sizeBytes: 50_000 });
    expect(homeserver.bytes).toEqual(firstBytes.map((byte) => 255 - byte));
    expect(JSON.parse(uploaded)).toEqual({
      ...named,
      file: { v: 'v2', iv: '50', url: 'mxc://hs.test/file' },
    });
  });

  it.each([
    ['in clear', undefined],
    ['encrypted', { encryptFile }],
  ])('%s is never in memory with more than one piece', async (_, encryptor) => {
    const { file, homeserver, session } = stage();
    await uploadAttachment(session, file, content, signal, encryptor);
    expect(homeserver.taken).toBe(pieces);
    expect(homeserver.heldMax).toBe(1);
  });
});

describe('an upload that failed', () => {
  const refusal = (status: number, errcode: string) =>
    new MatrixError('POST /x', { status, errcode, error: 'no', json: true });

  it('because the file could not be read says nothing against file or homeserver', () => {
    const setback = uploadSetback(new Failure('storage_failed'));
    expect(setback).toMatchObject({ kind: 'failed', unknown: false });
  });

  it('because it was refused ends the entry', () => {
    for (const thrown of [refusal(403, 'M_FORBIDDEN'), refusal(413, 'M_TOO_LARGE')]) {
      expect(uploadSetback(thrown)).toMatchObject({ kind: 'dead', reason: 'attachment' });
    }
  });

  it('because the connection broke is tried again, as nobody has read it yet', () => {
    const setback = uploadSetback(new TransportError('interrupted', 'POST /x', 'ECONNRESET'));
    expect(setback).toMatchObject({ kind: 'failed', unknown: false });
  });
});

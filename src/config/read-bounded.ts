import { open } from 'node:fs/promises';

/** A file's bytes, at most `bytesMax` of them and one more, which tells that it is larger. Rejects as `open` and `read` do. */
export async function readBounded(path: string, bytesMax: number): Promise<Uint8Array> {
  await using file = await open(path, 'r');
  const buffer = Buffer.alloc(bytesMax + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

import { open } from 'node:fs/promises';
import { resolve } from 'node:path';
import { Failure } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { readInput } from '../read-input.ts';

/** A token or password is far below this; a larger file is the wrong one. */
const secretBytesMax = 16 * 1024;

async function readFile(path: string): Promise<Uint8Array> {
  await using file = await open(path, 'r');
  const buffer = Buffer.alloc(secretBytesMax + 1);
  let length = 0;
  while (length < buffer.length) {
    const { bytesRead } = await file.read(buffer, length, buffer.length - length, null);
    if (bytesRead === 0) break;
    length += bytesRead;
  }
  return buffer.subarray(0, length);
}

/**
 * The secret in a file that an option names; `-` is standard input. One line end is taken off.
 *
 * @throws Failure no_input when it cannot be read, is empty or is larger than 16 KiB
 */
export async function readSecretFile(context: CliContext, path: string): Promise<string> {
  const bytes =
    path === '-'
      ? await readInput(context.stdin, secretBytesMax, context.signal)
      : await readFile(resolve(context.cwd, path)).catch((cause: unknown) => {
          const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown';
          throw new Failure('no_input', { detail: `${path} cannot be read (${code}).`, cause });
        });
  if (bytes.length > secretBytesMax) {
    throw new Failure('no_input', { detail: `${path} is larger than ${secretBytesMax} bytes.` });
  }
  const text = Buffer.from(bytes)
    .toString()
    .replace(/\r?\n$/, '');
  if (text === '') throw new Failure('no_input', { detail: `${path} is empty.` });
  return text;
}

import { resolve } from 'node:path';
import { readBounded } from '../../config/read-bounded.ts';
import { Failure } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { readInput } from '../read-input.ts';

/** A token or password is far below this; a larger file is the wrong one. */
const secretBytesMax = 16 * 1024;

/**
 * The secret in a file that an option names; `-` is standard input. One line end is taken off.
 *
 * @throws Failure no_input when it cannot be read, is empty or is larger than 16 KiB
 */
export async function readSecretFile(context: CliContext, path: string): Promise<string> {
  const bytes =
    path === '-'
      ? await readInput(context.stdin, secretBytesMax, context.signal)
      : await readBounded(resolve(context.cwd, path), secretBytesMax).catch((cause: unknown) => {
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

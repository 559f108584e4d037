import { resolve } from 'node:path';
import { readSecretText, secretBytesMax, secretText } from '../../config/secret-text.ts';
import { Failure } from '../../errors.ts';
import type { CliContext } from '../context.ts';
import { readInput } from '../read-input.ts';

/**
 * The secret in a file that an option names; `-` is standard input. One line end is taken off.
 *
 * @throws Failure no_input when it cannot be read, is empty or is larger than 16 KiB
 */
export async function readSecretFile(context: CliContext, path: string): Promise<string> {
  const read =
    path === '-'
      ? secretText(await readInput(context.stdin, secretBytesMax, context.signal))
      : await readSecretText(resolve(context.cwd, path));
  if (read.ok) return read.text;
  throw new Failure('no_input', { detail: `${path} ${read.problem}.` });
}

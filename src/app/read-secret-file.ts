import { systemClock } from '../clock.ts';
import { readSecretTextSoon } from '../config/secret-text.ts';
import { Failure } from '../errors.ts';

/**
 * The secret in a file as it is now, without its last line end.
 *
 * @throws Failure secret_unreadable for a file that cannot be read within 10 s, is empty, or larger than 16 KiB
 */
export async function readSecretFile(path: string): Promise<string> {
  const read = await readSecretTextSoon(path, systemClock);
  if (read.ok) return read.text;
  throw new Failure('secret_unreadable', { detail: `${path} ${read.problem}.` });
}

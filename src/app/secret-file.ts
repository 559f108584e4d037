import { readFileSync } from 'node:fs';
import { Failure } from '../errors.ts';

/** The secret in a file as it is now, without its last line end. @throws Failure secret_unreadable */
export function readSecretFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
  } catch (cause) {
    throw new Failure('secret_unreadable', { detail: `${path} cannot be read.`, cause });
  }
}

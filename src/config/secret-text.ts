import type { Clock } from '../clock.ts';
import { unsetCredential } from './credential-path.ts';
import { readBounded } from './read-bounded.ts';

/** A token or password is far below this; a larger file is the wrong one. */
export const secretBytesMax: number = 16 * 1024;
/** A pipe that nobody writes to must not hold up a start or a login. */
const readMsMax = 10_000;

/** A secret, or what is wrong with where it should be, as it goes on from the file's name. */
export type SecretText =
  | { readonly ok: true; readonly text: string }
  | { readonly ok: false; readonly problem: string };

/** The secret in what was read of a file, `secretBytesMax` bytes and one more at most. One line end is taken off. */
export function secretText(bytes: Uint8Array): SecretText {
  if (bytes.length > secretBytesMax) {
    return { ok: false, problem: `is larger than ${secretBytesMax} bytes` };
  }
  const text = Buffer.from(bytes)
    .toString()
    .replace(/\r?\n$/, '');
  return text === '' ? { ok: false, problem: 'is empty' } : { ok: true, text };
}

/** The system's word for it, such as `ENOENT`. */
function errorCode(cause: unknown): string {
  if (!(cause instanceof Error)) return 'unknown error';
  return 'code' in cause ? String(cause.code) : cause.message;
}

/** The secret in a file; it never rejects, and waits as long as a pipe does. */
export async function readSecretText(path: string): Promise<SecretText> {
  const problem = unsetCredential(path);
  if (problem !== undefined) return { ok: false, problem };
  try {
    return secretText(await readBounded(path, secretBytesMax));
  } catch (cause) {
    return { ok: false, problem: `cannot be read (${errorCode(cause)})` };
  }
}

/** The same within 10 s. */
export async function readSecretTextSoon(path: string, clock: Clock): Promise<SecretText> {
  const late = Promise.withResolvers<SecretText>();
  const cancel = clock.after(readMsMax, () =>
    late.resolve({ ok: false, problem: 'cannot be read (ETIMEDOUT)' }),
  );
  try {
    return await Promise.race([readSecretText(path), late.promise]);
  } finally {
    cancel();
  }
}

import { chmod, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { makeDirectory } from '../../make-directory.ts';
import { parseToken } from '../../matrix/token.ts';
import { proveReplaceable, replaceFile } from '../../replace-file.ts';
import { BotTrouble } from './bot-trouble.ts';

const onlyOwner = 0o600;
/** Tokens of any homeserver are far shorter; another file was named by mistake. */
const tokenBytesMax = 10_000;

/**
 * The file that keeps the bot's access token: one line, readable by its owner alone, replaced whole. An empty one, or
 * what a write that was cut short by a power failure leaves, counts as none. Whatever else is no token was named by
 * mistake, and is never replaced; any other program's secret may look like a token, so the first that is replaced is kept.
 */
export class TokenFile {
  readonly #path: string;

  constructor(path: string) {
    this.#path = path;
  }

  /**
   * Undefined: there is none. Nothing is changed.
   * @throws BotTrouble token_file when it cannot be read, or holds something else.
   */
  async read(): Promise<string | undefined> {
    try {
      const { size } = await stat(this.#path);
      if (size > tokenBytesMax) throw this.#foreign();
      const text = (await readFile(this.#path, 'utf8')).trim();
      const token = parseToken(text);
      if (token === undefined && !isCutShort(text)) throw this.#foreign();
      return token;
    } catch (error) {
      if (error instanceof BotTrouble) throw error;
      if (codeOf(error) === 'ENOENT') return undefined;
      throw this.#trouble('cannot be read', error);
    }
  }

  /** Shuts others out of a file that was put there by hand, as far as it is ours to do. */
  async shutOthersOut(): Promise<void> {
    try {
      const { mode } = await stat(this.#path);
      if ((mode & 0o077) !== 0) await chmod(this.#path, onlyOwner);
    } catch {
      // It can be read, which is all that the bot needs.
    }
  }

  /** Makes sure that `write` would succeed, so that no token is asked for that cannot be kept. @throws BotTrouble */
  async prove(): Promise<void> {
    try {
      makeDirectory(dirname(this.#path));
      await proveReplaceable(this.#path);
    } catch (error) {
      throw this.#trouble('cannot be written', error);
    }
  }

  /**
   * Resolves after the fsync; a crash leaves the old or the new. A token that is replaced for the first time is kept
   * beside it, as FILE.old: it may be another program's. @throws BotTrouble token_file
   */
  async write(token: string): Promise<void> {
    try {
      await this.#keepOld(token);
      await replaceFile(this.#path, `${token}\n`);
    } catch (error) {
      throw this.#trouble('cannot be written', error);
    }
  }

  async #keepOld(next: string): Promise<void> {
    const old = `${this.#path}.old`;
    const token = parseToken((await readIfThere(this.#path)).trim());
    if (token === undefined || token === next || (await readIfThere(old)) !== '') return;
    await replaceFile(old, `${token}\n`);
  }

  #foreign(): BotTrouble {
    const detail =
      'The token file holds something else than one token. Name another file, or remove it.';
    return new BotTrouble('token_file', { detail });
  }

  #trouble(what: string, cause: unknown): BotTrouble {
    const detail = `The token file ${what} (${codeOf(cause)}).`;
    return new BotTrouble('token_file', { detail, cause });
  }
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return '';
    throw error;
  }
}

/** File systems fill with zeros what was not written before the power went. */
const isCutShort = (text: string): boolean => text === '' || text.includes('\0');

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string'
    ? error.code
    : 'unknown';
}

import { createHash, randomBytes } from 'node:crypto';
import { rename } from 'node:fs/promises';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { localpart, serverName, type UserId } from '../matrix/ids.ts';
import {
  accountsDirectory,
  createAccountFile,
  readAccountFile,
  removeAccountFile,
  writeAccountFile,
} from './account-files.ts';

/** 256 bits: nobody is to guess it, and nobody will type it. */
const passwordBytes = 32;
/** File systems take names of 255 bytes; an ending and the name of a copy that is being written need their share. */
const nameBytesMax = 180;
/** Enough of a long name for a person to know it again. */
const nameStartBytes = 140;
/** 128 bits of the hash: no two names have the same. */
const hashHexMax = 32;

/** A password as it was found in its file. */
export interface FoundPassword {
  readonly text: string;
  /** The base URL's origin, where the account was made; undefined: nobody wrote it down. */
  readonly origin: string | undefined;
}

/** A password that an account is to be made with. */
export interface NewPassword {
  readonly text: string;
  /** Otherwise an attempt before made it, and the account may have it already. */
  readonly isNew: boolean;
}

/**
 * A password that nobody has chosen, of an account that was made here: in a file of its own beside the accounts' tokens,
 * readable by its owner alone, and beside it the homeserver that may have it. Only a command that a person runs uses it;
 * what is logged out stays so until then. No attempt to make the account ever takes it away, as another may have been
 * made with it.
 */
export class KeptPassword {
  /** The file that holds it, or would, as `--password-file` reads it too. */
  readonly place: string;
  readonly #dataDirectory: string;
  readonly #userId: UserId;
  readonly #directory: string;
  readonly #name: string;
  /** The origin is no secret, but a file of its own lets the other be a password and nothing else. */
  readonly #originPlace: string;

  constructor(dataDirectory: string, userId: UserId) {
    this.#dataDirectory = dataDirectory;
    this.#userId = userId;
    this.#directory = accountsDirectory(dataDirectory);
    this.#name = fileNameOf(userId);
    this.place = join(this.#directory, `${this.#name}.password`);
    this.#originPlace = join(this.#directory, `${this.#name}.homeserver`);
  }

  /** Undefined: there is none. @throws Failure secret_unreadable */
  async read(): Promise<FoundPassword | undefined> {
    const text = await this.#line(this.place, 'password');
    if (text === undefined) return undefined;
    return { text, origin: await this.#line(this.#originPlace, 'homeserver') };
  }

  /**
   * The password for an account to be made at `baseUrl`, on disk before anybody has it: the one of an attempt before, or of
   * one that runs at the same time, where there is one.
   *
   * @throws Failure usage: it belongs to another homeserver; secret_unreadable, storage_full, storage_failed
   */
  async prepare(baseUrl: string): Promise<NewPassword> {
    const known = await this.#readFor(baseUrl);
    if (known !== undefined) return known;
    // First, so that no password is ever there without it.
    await writeAccountFile(
      this.#directory,
      this.#originPlace,
      `${originOf(baseUrl)}\n`,
      this.#words,
    );
    const text = randomBytes(passwordBytes).toString('base64url');
    if (await createAccountFile(this.#directory, this.place, `${text}\n`, this.#words)) {
      return { text, isNew: true };
    }
    const others = await this.#readFor(baseUrl);
    if (others !== undefined) return others;
    throw new Failure('secret_unreadable', { detail: `${this.place} is empty; remove it.` });
  }

  /** @throws Failure storage_failed */
  async remove(): Promise<void> {
    await removeAccountFile(this.#directory, this.place, this.#words);
    await removeAccountFile(this.#directory, this.#originPlace, this.#words);
  }

  /** Puts it to the user whom the homeserver has just made with it; the file where it is then: the old if it cannot move. */
  async moveTo(userId: UserId): Promise<string> {
    const owner = new KeptPassword(this.#dataDirectory, userId);
    try {
      await rename(this.place, owner.place);
      await rename(this.#originPlace, owner.#originPlace);
      return owner.place;
    } catch {
      return this.place;
    }
  }

  async #readFor(baseUrl: string): Promise<NewPassword | undefined> {
    const found = await this.read();
    if (found === undefined) return undefined;
    if (!belongsTo(found, baseUrl)) throw this.#isOf(found.origin, originOf(baseUrl));
    return { text: found.text, isNew: false };
  }

  #isOf(known: string | undefined, origin: string): Failure {
    const owner = known ?? 'a homeserver that is not known';
    return new Failure('usage', {
      detail: `The password of ${this.#userId} in ${this.place} belongs to ${owner}, and is not given to ${origin} by itself. If nobody needs it, remove it and ${this.#originPlace}; else give a password with --password-file.`,
    });
  }

  async #line(path: string, ending: string): Promise<string | undefined> {
    const text = await readAccountFile(path, `accounts/${this.#name}.${ending}`);
    return lineOf(text ?? '');
  }

  get #words(): string {
    return `The password of ${this.#userId}`;
  }
}

/** Whether a password that was found may go to the homeserver at `baseUrl` unasked. */
export function belongsTo({ origin }: FoundPassword, baseUrl: string): boolean {
  return origin === originOf(baseUrl);
}

function lineOf(text: string): string | undefined {
  const line = text.replace(/\r?\n$/, '');
  return line === '' ? undefined : line;
}

const originOf = (baseUrl: string): string => new URL(baseUrl).origin;

/** What a user's files are called, readable to a person: `bellhop@example.org`. */
function fileNameOf(userId: UserId): string {
  // Encoded, a name stays a single part of a path, and the only @ is ours.
  const name = [localpart(userId), serverName(userId)].map(encodeURIComponent).join('@');
  if (name.length <= nameBytesMax) return name;
  const hash = createHash('sha256').update(userId).digest('hex').slice(0, hashHexMax);
  // No server name has a ~, so nobody is really called so.
  return `${name.slice(0, nameStartBytes)}~${hash}`;
}

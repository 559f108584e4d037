import { createHash, randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Failure } from '../errors.ts';
import { localpart, serverName, type UserId } from '../matrix/ids.ts';
import {
  accountsDirectory,
  createAccountFile,
  fileStamp,
  readAccountFile,
  removeAccountFile,
  removeStampedFile,
  takeOverAccountFile,
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

/** Each one more means that another attempt failed in this very moment. */
const triesMax = 10;

/** A password as it was found in its file. */
export interface FoundPassword {
  readonly text: string;
  /** The base URL's origin, where the account was made; undefined: nobody wrote it down. */
  readonly origin: string | undefined;
  /** Of the very file that was read. */
  readonly stamp: string | undefined;
}

/** A password that an account is to be made with. */
export interface NewPassword {
  readonly text: string;
  /** Of the file that this call made; undefined: another attempt did, and the account may have the password already. */
  readonly stamp: string | undefined;
}

/**
 * A password that nobody has chosen, of an account that was made here: in a file of its own beside the accounts' tokens,
 * readable by its owner alone, and beside it the homeserver that may have it. Only a command that a person runs uses it;
 * what is logged out stays so until then.
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
    // Before the text: what is replaced in between is then taken for another's, and stays.
    const stamp = await fileStamp(this.place);
    const text = await this.#line(this.place, 'password');
    if (text === undefined) return undefined;
    const origin = await this.#line(this.#originPlace, 'homeserver');
    // Without an origin it may have been removed meanwhile, which takes the origin last.
    const isGone = origin === undefined && stamp !== (await fileStamp(this.place));
    return isGone ? await this.read() : { text, origin, stamp };
  }

  /**
   * The password for an account to be made at `baseUrl`, on disk before anybody has it. One that is there already, of an
   * attempt that broke off or runs at the same time, is taken over: nobody removes it any more.
   *
   * @throws Failure usage: it belongs to another homeserver; secret_unreadable, storage_full, storage_failed
   */
  async prepare(baseUrl: string): Promise<NewPassword> {
    const origin = originOf(baseUrl);
    const fresh = randomBytes(passwordBytes).toString('base64url');
    const found = await this.read();
    if (found !== undefined && found.origin !== origin) throw this.#isOf(found.origin, origin);
    await this.#claimOrigin(origin);
    const made = await this.#createOrTakeOver(fresh);
    // Again, as another attempt may have taken its own away meanwhile.
    await this.#write(this.#originPlace, origin);
    return made;
  }

  /** Removes it, unless the file is no longer the one with this stamp. @throws Failure storage_failed */
  async remove(stamp: string | undefined): Promise<void> {
    if (stamp === undefined) return;
    await removeStampedFile(this.#directory, this.place, stamp, this.#words);
    if ((await fileStamp(this.place)) !== undefined) return;
    await removeAccountFile(this.#directory, this.#originPlace, this.#words);
  }

  /**
   * Puts a password to the user who has it in truth; the file where it is then. That is the old one where the user has
   * another password here, or it cannot be moved.
   */
  async moveTo(userId: UserId, { text, stamp }: NewPassword): Promise<string> {
    const owner = new KeptPassword(this.#dataDirectory, userId);
    try {
      const origin = await this.#line(this.#originPlace, 'homeserver');
      if ((await owner.#create(owner.place, text)) === undefined) return this.place;
      if (origin !== undefined) await owner.#write(owner.#originPlace, origin);
      await this.remove(stamp);
      return owner.place;
    } catch (error) {
      if (error instanceof Failure) return this.place;
      throw error;
    }
  }

  async #createOrTakeOver(fresh: string): Promise<NewPassword> {
    for (let tries = 0; tries < triesMax; tries++) {
      const stamp = await this.#create(this.place, fresh);
      if (stamp !== undefined) return { text: fresh, stamp };
      const text = await takeOverAccountFile(this.place, `accounts/${this.#name}.password`);
      if (text === undefined) continue;
      const kept = lineOf(text);
      if (kept === undefined) await this.#write(this.place, fresh);
      return { text: kept ?? fresh, stamp: undefined };
    }
    throw new Failure('storage_failed', { detail: `${this.#words} changes all the time.` });
  }

  async #claimOrigin(origin: string): Promise<void> {
    if ((await this.#create(this.#originPlace, origin)) !== undefined) return;
    const known = await this.#line(this.#originPlace, 'homeserver');
    if (known !== undefined && known !== origin) throw this.#isOf(known, origin);
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

  async #create(path: string, line: string): Promise<string | undefined> {
    return await createAccountFile(this.#directory, path, `${line}\n`, this.#words);
  }

  async #write(path: string, line: string): Promise<void> {
    await writeAccountFile(this.#directory, path, `${line}\n`, this.#words);
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

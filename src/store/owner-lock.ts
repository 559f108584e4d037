import { closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { Failure } from '../errors.ts';
import { isBusy } from './sqlite/store-failure.ts';

/** Who owns a data directory, for the one who finds it owned. */
export interface Holder {
  readonly pid: number;
  readonly host: string;
  /** Wall-clock milliseconds. */
  readonly startedAt: number;
  /** What it runs as, such as `bellhop serve`; no arguments that could be secret. */
  readonly command: string;
}

export interface Ownership {
  /** Lets others own the directory; a second call does nothing. */
  release(): void;
}

/** A lock ends when its connection is collected as garbage, so those that are held are held here. */
const held = new Set<DatabaseSync>();

/**
 * Makes this process the only owner of a data directory until `release` or its end, however it ends: the kernel frees
 * the lock (fcntl) of a killed process. The lock is an exclusive transaction on a database file of its own.
 * @throws Failure data_dir_owned, saying who owns it, or data_dir_unusable.
 */
export function takeOwnership(dir: string, holder: Holder): Ownership {
  const lockFile = join(dir, 'owner.lock');
  const holderFile = holderFileIn(dir);
  const lock = openLock(lockFile);
  try {
    lock.exec('begin exclusive');
  } catch (cause) {
    lock.close();
    if (!isBusy(cause)) {
      throw new Failure('data_dir_unusable', { detail: `${lockFile} cannot be locked.`, cause });
    }
    throw new Failure('data_dir_owned', { detail: describe(dir, holderFile), cause });
  }
  try {
    writeFileSync(`${holderFile}.new`, `${JSON.stringify(holder)}\n`, { mode: 0o600 });
    renameSync(`${holderFile}.new`, holderFile);
  } catch (cause) {
    lock.close();
    throw new Failure('data_dir_unusable', { detail: `${holderFile} cannot be written.`, cause });
  }
  held.add(lock);
  return {
    release() {
      if (!held.delete(lock)) return;
      rmSync(holderFile, { force: true });
      lock.close();
    },
  };
}

const holderFileIn = (dir: string): string => join(dir, 'owner.json');

/** Who says to own a data directory, without asking for the lock: one that was killed still says so. */
export function namedHolder(dir: string): Holder | undefined {
  return readHolder(holderFileIn(dir));
}

function openLock(lockFile: string): DatabaseSync {
  try {
    // Only a new file is opened here: closing it again would drop every fcntl lock this process holds on it.
    closeSync(openSync(lockFile, 'wx', 0o600));
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause && cause.code === 'EEXIST')) {
      throw new Failure('data_dir_unusable', { detail: `${lockFile} cannot be made.`, cause });
    }
  }
  try {
    // Timeout 0: the holder keeps it for as long as it lives, so waiting is of no use.
    return new DatabaseSync(lockFile, { timeout: 0 });
  } catch (cause) {
    throw new Failure('data_dir_unusable', { detail: `${lockFile} cannot be opened.`, cause });
  }
}

function describe(dir: string, holderFile: string): string {
  const holder = readHolder(holderFile);
  if (holder === undefined) return `${dir} belongs to a process that did not say who it is.`;
  const since = new Date(holder.startedAt).toISOString();
  return `${dir} belongs to \`${holder.command}\`, process ${holder.pid} on ${holder.host}, since ${since}.`;
}

function readHolder(holderFile: string): Holder | undefined {
  try {
    const holder = JSON.parse(readFileSync(holderFile, 'utf8')) as Partial<Holder> | null;
    const { pid, host, startedAt, command } = holder ?? {};
    if (typeof pid !== 'number' || typeof host !== 'string') return undefined;
    if (typeof startedAt !== 'number' || typeof command !== 'string') return undefined;
    return { pid, host, startedAt, command };
  } catch {
    return undefined;
  }
}

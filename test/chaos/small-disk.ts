import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Overrides } from '../../src/app/engine.ts';
import { systemClock } from '../../src/clock.ts';
import type { Outbox } from '../../src/outbox/outbox.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';

/** A place for a data directory that is soon full. */
export interface SmallDisk extends AsyncDisposable {
  /** The data directory. */
  readonly dir: string;
  readonly overrides: Overrides;
  /** Leaves little space; called when the daemon runs. */
  fill(): void;
  /** Makes space again, from outside of the daemon, as an operator does. */
  makeSpace(outbox: Outbox): Promise<void>;
}

/** A kind of small disk by its name. */
export interface SmallDiskKind {
  readonly name: string;
  open(): Promise<SmallDisk>;
}

/** Room for the database and for its write-ahead log, which stays below 8 MB, once the ballast is gone. */
const diskMib = 32;
/** Some dozens of the messages that are sent. */
const leftBytes = 1024 * 1024;
/** Pages of 4 KiB: the tables, and some dozens of the messages that are sent. */
const pagesMax = 200;
/** More than there are. */
const purgedMax = 10_000;

function openDir(): string {
  return mkdtempSync(join(tmpdir(), 'bellhop-small-disk-'));
}

function run(command: string, ...args: readonly string[]): void {
  execFileSync(command, args, { stdio: 'ignore' });
}

function mountTmpfs(dir: string): boolean {
  try {
    run('mount', '-t', 'tmpfs', '-o', `size=${diskMib}m`, 'bellhop', dir);
    return true;
  } catch {
    return false;
  }
}

function unmount(dir: string): void {
  run('umount', dir);
  rmSync(dir, { recursive: true });
}

/** A file system that is full for real; undefined where mounting is not allowed. */
function openFileSystem(): SmallDisk | undefined {
  const dir = openDir();
  if (!mountTmpfs(dir)) {
    rmSync(dir, { recursive: true });
    return undefined;
  }
  const ballast = join(dir, 'ballast');
  return {
    dir,
    overrides: {},
    fill() {
      const { bavail, bsize } = statfsSync(dir);
      writeFileSync(ballast, Buffer.alloc(bavail * bsize - leftBytes, 1));
    },
    async makeSpace() {
      rmSync(ballast);
    },
    async [Symbol.asyncDispose]() {
      unmount(dir);
    },
  };
}

/** A database that may not grow: for SQLite the same error, and space is made by deleting what was delivered. */
async function openLimitedDatabase(): Promise<SmallDisk> {
  const dir = openDir();
  const limited = await openSqliteStore({
    file: join(dir, 'outbox.db'),
    limits: { queued: purgedMax, queuedPerSource: purgedMax },
    clock: systemClock,
    pagesMax,
  });
  return {
    dir,
    overrides: { outbox: () => limited },
    fill() {},
    async makeSpace(outbox) {
      await outbox.purge({ delivered: systemClock.now() + 1, other: 0 }, purgedMax);
    },
    async [Symbol.asyncDispose]() {
      await limited.close();
      rmSync(dir, { recursive: true });
    },
  };
}

/** The kinds of small disk there can be here: at least one. */
export async function smallDiskKinds(): Promise<readonly SmallDiskKind[]> {
  const database = { name: 'a database that may not grow', open: openLimitedDatabase };
  const probe = openFileSystem();
  if (probe === undefined) return [database];
  await probe[Symbol.asyncDispose]();
  const open = async (): Promise<SmallDisk> => {
    const disk = openFileSystem();
    if (disk === undefined) throw new Error('Mounting is no longer allowed.');
    return disk;
  };
  return [{ name: 'a full file system', open }, database];
}

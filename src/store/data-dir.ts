import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { Failure } from '../errors.ts';
import { makeDirectory } from '../make-directory.ts';

/** File systems whose locks or fsync cannot be trusted across hosts: `f_type` of statfs(2), and its name for people. */
const networkFileSystems: ReadonlyMap<number, string> = new Map([
  [0x6969, 'NFS'],
  [0x517b, 'SMB'],
  [0xff534d42, 'CIFS'],
  [0xfe534d42, 'SMB2'],
  [0x5346414f, 'AFS'],
  [0x6b414653, 'AFS'],
  [0x73757245, 'Coda'],
  [0x564c, 'NCP'],
  [0x00c36400, 'Ceph'],
  [0x0bd00bd0, 'Lustre'],
]);

/** The name of a network file system by the `f_type` of statfs(2); undefined: it is a local one. */
export function networkFileSystem(type: number): string | undefined {
  // A 32-bit system gives the types above 2^31 as negative numbers.
  return networkFileSystems.get(type >>> 0);
}

/** Whether there is such a file. @throws Failure data_dir_unusable when that may not be found out */
export function isThere(file: string): boolean {
  try {
    return statSync(file, { throwIfNoEntry: false }) !== undefined;
  } catch (cause) {
    throw new Failure('data_dir_unusable', { detail: `${file}: ${reasonOf(cause)}.`, cause });
  }
}

/**
 * The absolute path of the data directory at `path`, which is made (0700) where it is missing.
 * @throws Failure data_dir_unusable when it is no writable directory on a local file system.
 */
export function openDataDir(path: string): string {
  const dir = resolve(path);
  try {
    makeDirectory(dir);
    accessSync(dir, constants.R_OK | constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new Failure('data_dir_unusable', { detail: `${dir}: ${reasonOf(cause)}.`, cause });
  }
  if (!statSync(dir).isDirectory()) {
    throw new Failure('data_dir_unusable', { detail: `${dir}: not a directory.` });
  }
  const network = networkFileSystem(statfsSync(dir).type);
  if (network !== undefined) {
    throw new Failure('data_dir_unusable', { detail: `${dir} is on ${network}.` });
  }
  return dir;
}

function reasonOf(cause: unknown): string {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  switch (code) {
    case 'EACCES':
    case 'EPERM':
      return 'no permission';
    case 'EROFS':
      return 'the file system is read-only';
    case 'EEXIST':
    case 'ENOTDIR':
      return 'not a directory';
    case 'ENOENT':
      return 'no directory can be made there';
    case 'ENOSPC':
      return 'no space left';
    default:
      return typeof code === 'string' ? code : 'cannot be made or entered';
  }
}

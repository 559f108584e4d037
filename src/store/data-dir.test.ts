import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { isThere, networkFileSystem, openDataDir } from './data-dir.ts';

const root = mkdtempSync(join(tmpdir(), 'bellhop-data-dir-'));
afterAll(() => rmSync(root, { recursive: true }));

describe('the data directory', () => {
  it('is made for its owner alone, with its parents', () => {
    const dir = openDataDir(join(root, 'a', 'b'));
    expect(dir).toBe(join(root, 'a', 'b'));
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    expect(openDataDir(dir)).toBe(dir);
  });

  it('is no file', () => {
    const file = join(root, 'file');
    writeFileSync(file, '');
    const refusal = expect.objectContaining({ code: 'data_dir_unusable' });
    expect(() => openDataDir(file)).toThrow(refusal);
    expect(() => openDataDir(join(file, 'below'))).toThrow(refusal);
  });

  it('is nowhere that no directory can be made', () => {
    const detail = '/proc/bellhop/data: no directory can be made there.';
    expect(() => openDataDir('/proc/bellhop/data')).toThrow(
      expect.objectContaining({ code: 'data_dir_unusable', detail }),
    );
  });

  it('tells what is missing from what may not be looked at', () => {
    expect(isThere(join(root, 'missing'))).toBe(false);
    expect(isThere(root)).toBe(true);
    const unreadable = join(root, 'a'.repeat(300));
    expect(() => isThere(unreadable)).toThrow(
      expect.objectContaining({ code: 'data_dir_unusable' }),
    );
  });

  it('is not on a network file system', () => {
    expect(networkFileSystem(0x6969)).toBe('NFS');
    expect(networkFileSystem(0xff534d42)).toBe('CIFS');
    // The same type as a 32-bit system tells it.
    expect(networkFileSystem(0xff534d42 | 0)).toBe('CIFS');
    expect(networkFileSystem(0xfe534d42)).toBe('SMB2');
  });

  it('is on a local file system, such as ext4, btrfs, xfs, tmpfs or overlayfs', () => {
    for (const type of [0xef53, 0x9123683e, 0x58465342, 0x01021994, 0x794c7630]) {
      expect(networkFileSystem(type)).toBeUndefined();
    }
  });
});

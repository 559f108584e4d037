import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { readCacheFile, writeCacheFile } from './cache-file.ts';

let dir: string;
let path: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-cache-file-'));
  path = join(dir, '.cache', 'bellhop', 'one');
});
afterEach(() => rmSync(dir, { recursive: true }));

const kept = () => readCacheFile(path)?.toString();

describe('a cache file', () => {
  it('is kept for its user alone, in directories that are made, and replaced whole', () => {
    for (const text of ['first', 'second']) {
      writeCacheFile(path, () => text);
      expect(kept()).toBe(text);
    }
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(path)).mode & 0o777).toBe(0o700);
    expect(readdirSync(dirname(path))).toEqual(['one']);
  });

  it('is not kept where there is no home', () => {
    path = join(dir, 'home', '.cache', 'bellhop', 'one');
    writeCacheFile(path, () => 'text');
    expect([kept(), readdirSync(dir)]).toEqual([undefined, []]);
  });

  it.each(['directory', 'file'])('is not believed where others may write to its %s', (which) => {
    writeCacheFile(path, () => 'text');
    chmodSync(which === 'file' ? path : dirname(path), 0o775);
    expect(kept()).toBeUndefined();
  });

  it('is not written where others may write to its directory', () => {
    mkdirSync(dirname(path), { recursive: true });
    chmodSync(dirname(path), 0o775);
    writeCacheFile(path, () => 'text');
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it('leaves nothing behind when it cannot be made, nor what a killed process left', () => {
    writeCacheFile(path, () => 'old');
    writeFileSync(`${path}.${process.pid}`, 'half');
    writeCacheFile(path, () => {
      throw new Error('full');
    });
    expect([kept(), readdirSync(dirname(path))]).toEqual(['old', ['one']]);
  });
});

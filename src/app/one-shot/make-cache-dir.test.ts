import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { makeCacheDir } from './make-cache-dir.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-cache-dir-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

it('makes what is missing, for its user alone', () => {
  const path = join(dir, '.cache', 'bellhop');
  expect([makeCacheDir(path), makeCacheDir(path)]).toEqual([true, true]);
  expect(statSync(path).mode & 0o777).toBe(0o700);
});

it('makes nothing where there is no home', () => {
  expect(() => makeCacheDir(join(dir, 'home', '.cache', 'bellhop'))).toThrow('ENOENT');
  expect(readdirSync(dir)).toEqual([]);
});

it('tells a directory that others may write to', () => {
  const path = join(dir, 'bellhop');
  mkdirSync(path);
  chmodSync(path, 0o775);
  expect(makeCacheDir(path)).toBe(false);
});

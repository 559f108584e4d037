import { mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { makeDirectory } from './make-directory.ts';

const root = mkdtempSync(join(tmpdir(), 'bellhop-make-'));
afterAll(() => rmSync(root, { recursive: true }));

it('makes what is missing, for its owner alone, and leaves what is there', () => {
  const directory = join(root, 'a', 'b', 'c');
  makeDirectory(directory);
  for (const made of [directory, join(root, 'a')]) {
    expect(statSync(made).mode & 0o777).toBe(0o700);
  }
  makeDirectory(directory);
  makeDirectory('/');
});

it('ends where no directory can be made', () => {
  expect(() => makeDirectory('/proc/none/below')).toThrow('ENOENT');
  const file = join(root, 'file');
  writeFileSync(file, '');
  expect(() => makeDirectory(file)).toThrow('EEXIST');
  expect(() => makeDirectory(join(file, 'below'))).toThrow('EEXIST');
  const nowhere = join(root, 'link');
  symlinkSync(join(root, 'missing'), nowhere);
  expect(() => makeDirectory(join(nowhere, 'below'))).toThrow('EEXIST');
});

import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { proveReplaceable, replaceFile } from './replace-file.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-replace-'));
});
afterEach(() => {
  rmSync(dir, { recursive: true });
});

describe('a replaced file', () => {
  it.each([undefined, 'old'])(
    'holds the new text, for its owner alone (before: %s)',
    async (old) => {
      const path = join(dir, 'token');
      if (old !== undefined) writeFileSync(path, old, { mode: 0o644 });
      await replaceFile(path, 'new');
      expect(readFileSync(path, 'utf8')).toBe('new');
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readdirSync(dir)).toEqual(['token']);
    },
  );

  it('leaves nothing behind when it cannot be put in its place', async () => {
    const path = join(dir, 'taken');
    mkdirSync(join(path, 'full'), { recursive: true });
    await expect(replaceFile(path, 'new')).rejects.toMatchObject({ code: 'EISDIR' });
    expect(readdirSync(dir)).toEqual(['taken']);
  });

  it('is only tried where that is asked', async () => {
    const path = join(dir, 'token');
    writeFileSync(path, 'old');
    await proveReplaceable(path);
    expect(readFileSync(path, 'utf8')).toBe('old');
    expect(readdirSync(dir)).toEqual(['token']);
    await expect(proveReplaceable(join(dir, 'none', 'token'))).rejects.toMatchObject({
      code: 'ENOENT',
    });
  });
});

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { configPaths } from './config-paths.ts';
import { findConfigPath } from './find-config-path.ts';
import { readConfigFile } from './read-config-file.ts';

let cwd = '';
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'bellhop-paths-'));
});
afterEach(() => rmSync(cwd, { recursive: true }));

describe('the configuration file', () => {
  it('is the one that is named, then that of the environment, then the first that exists', () => {
    const home = join(cwd, 'home');
    const own = join(home, '.config/bellhop/bellhop.yaml');
    const named = { BELLHOP_CONFIG: 'env.yaml' };
    expect(findConfigPath('flag.yaml', { env: named, cwd, home })).toBe('flag.yaml');
    expect(findConfigPath(undefined, { env: named, cwd, home })).toBe('env.yaml');
    mkdirSync(join(home, '.config/bellhop'), { recursive: true });
    writeFileSync(own, '');
    expect(findConfigPath(undefined, { env: {}, cwd, home })).toBe(own);
    writeFileSync(join(cwd, 'bellhop.yaml'), '');
    expect(findConfigPath(undefined, { env: {}, cwd, home })).toBe('bellhop.yaml');
  });

  it('is not passed over when nobody may look at it', () => {
    const home = join(cwd, 'home');
    // As a directory that may not be entered, whoever runs this: the name is longer than a file system takes.
    const hidden = { XDG_CONFIG_HOME: `/${'x'.repeat(300)}` };
    expect(findConfigPath(undefined, { env: hidden, cwd, home })).toMatch(/bellhop\.yaml$/);
  });

  it('is looked for here, with the user, and in the system', () => {
    expect(configPaths({ env: { XDG_CONFIG_HOME: '/xdg' }, cwd, home: '/home/u' })).toEqual([
      'bellhop.yaml',
      '/xdg/bellhop/bellhop.yaml',
      '/etc/bellhop/bellhop.yaml',
    ]);
  });
});

describe('reading it', () => {
  it('gives its text without byte order mark', async () => {
    writeFileSync(join(cwd, 'a.yaml'), '\uFEFFa: 1');
    expect(await readConfigFile('a.yaml', cwd)).toEqual({ path: 'a.yaml', text: 'a: 1' });
  });

  it('refuses what is missing, too large or not text', async () => {
    writeFileSync(join(cwd, 'large.yaml'), ' '.repeat(1024 ** 2 + 1));
    writeFileSync(join(cwd, 'binary.yaml'), Buffer.from([0x61, 0xff]));
    await expect(readConfigFile('none.yaml', cwd)).rejects.toMatchObject({
      code: 'config_missing',
      detail: 'none.yaml cannot be read (ENOENT).',
    });
    await expect(readConfigFile('large.yaml', cwd)).rejects.toMatchObject({
      code: 'config_invalid',
      problems: [expect.stringContaining('1 MiB')],
    });
    await expect(readConfigFile('binary.yaml', cwd)).rejects.toMatchObject({
      code: 'config_invalid',
      problems: [expect.stringContaining('UTF-8')],
    });
  });
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Holder, takeOwnership } from './owner-lock.ts';

const holder: Holder = { pid: 4711, host: 'here', startedAt: 0, command: 'bellhop serve' };
const owned = (detail: string) =>
  expect.objectContaining({ code: 'data_dir_owned', detail: expect.stringContaining(detail) });

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-owner-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

/** A process that takes ownership and lives until it is killed. */
async function startOwner() {
  const code = `
    import { takeOwnership } from ${JSON.stringify(new URL('owner-lock.ts', import.meta.url).href)};
    const { pid } = process;
    takeOwnership(${JSON.stringify(dir)}, { pid, host: 'there', startedAt: 0, command: 'bellhop send' });
    process.stdout.write('owned');
    setInterval(() => {}, 60_000);`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await once(child.stdout, 'data');
  return { pid: child.pid, kill: () => child.kill('SIGKILL'), exited };
}

describe('ownership of a data directory', () => {
  it('is refused to a second in the same process, which learns who has it', () => {
    const ownership = takeOwnership(dir, holder);
    const detail = '`bellhop serve`, process 4711 on here, since 1970-01-01T00:00:00.000Z';
    expect(() => takeOwnership(dir, holder)).toThrow(owned(detail));
    ownership.release();
  });

  it('is free again after its release, and leaves no description behind', () => {
    const first = takeOwnership(dir, holder);
    expect(statSync(join(dir, 'owner.json')).mode & 0o777).toBe(0o600);
    first.release();
    first.release();
    expect(existsSync(join(dir, 'owner.json'))).toBe(false);
    takeOwnership(dir, holder).release();
  });

  it('is refused while another process has it, and free as soon as that is killed', async () => {
    const owner = await startOwner();
    expect(() => takeOwnership(dir, holder)).toThrow(owned(`process ${owner.pid} on there`));
    owner.kill();
    await owner.exited;
    takeOwnership(dir, holder).release();
  });

  it('is refused also when its holder’s description cannot be read', () => {
    const ownership = takeOwnership(dir, holder);
    for (const text of ['', 'null', '{"pid":"1"}']) {
      writeFileSync(join(dir, 'owner.json'), text);
      expect(() => takeOwnership(dir, holder)).toThrow(owned('did not say who it is'));
    }
    ownership.release();
  });

  const unusable = expect.objectContaining({ code: 'data_dir_unusable' });

  it('is not another’s where the lock itself cannot be used', () => {
    writeFileSync(join(dir, 'owner.lock'), 'no database'.repeat(100));
    expect(() => takeOwnership(dir, holder)).toThrow(unusable);
  });

  it('needs a directory that can be written', () => {
    expect(() => takeOwnership(join(dir, 'missing'), holder)).toThrow(unusable);
  });
});

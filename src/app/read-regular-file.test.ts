import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { Failure } from '../errors.ts';
import { readRegularFile } from './read-regular-file.ts';

const directory = mkdtempSync(join(tmpdir(), 'bellhop-read-'));
afterAll(() => rmSync(directory, { recursive: true }));

const at = (name: string): string => join(directory, name);
const mib = 1024 * 1024;

function refusal(path: string, bytesMax: number = mib): [string, string | undefined] {
  try {
    readRegularFile(path, bytesMax);
  } catch (thrown) {
    if (thrown instanceof Failure) return [thrown.code, thrown.detail];
  }
  throw new Error(`${path} was read`);
}

it('a file is read whole, up to the limit and no byte beyond', () => {
  writeFileSync(at('file'), 'x'.repeat(mib));
  expect(readRegularFile(at('file'), mib)).toHaveLength(mib);
  writeFileSync(at('file'), 'x'.repeat(mib + 1));
  expect(refusal(at('file'))).toEqual(['bad_input', `${at('file')} is larger than 1 MiB.`]);
});

it('a file that is larger than all memory is refused by the size it tells', () => {
  writeFileSync(at('sparse'), '');
  truncateSync(at('sparse'), 2 ** 42);
  expect(refusal(at('sparse'))).toEqual(['bad_input', `${at('sparse')} is larger than 1 MiB.`]);
});

it('what waits for a writer or never ends is no file, and is not read', () => {
  execFileSync('bash', ['-c', 'mkfifo "$0"', at('pipe')]);
  const words = 'is a pipe, a socket or a device, not a file.';
  expect(refusal(at('pipe'))).toEqual(['no_input', `${at('pipe')} ${words}`]);
  expect(refusal('/dev/zero')).toEqual(['no_input', `/dev/zero ${words}`]);
});

it('a directory and a missing file are told by their paths', () => {
  expect(refusal(directory)).toEqual(['no_input', `${directory} is a directory, not a file.`]);
  expect(refusal(at('none'))).toEqual(['no_input', `${at('none')} cannot be read (ENOENT).`]);
});

it.runIf(process.platform === 'linux')('a file that tells no size is read to its end', () => {
  expect(readRegularFile('/proc/version', mib)).toEqual(readFileSync('/proc/version'));
  expect(refusal('/proc/version', 8)[0]).toBe('bad_input');
});

import { execFileSync } from 'node:child_process';
import { closeSync, constants, mkdtempSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { writeNow } from './write-now.ts';

let dir: string;
let reader: number;
let writer: number;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-write-'));
  const pipe = join(dir, 'pipe');
  execFileSync('bash', ['-c', 'mkfifo "$0"', pipe]);
  reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  writer = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
});

afterEach(() => {
  closeSync(writer);
  rmSync(dir, { recursive: true });
});

it('what a full pipe did not take is left, byte for byte', () => {
  const text = '0123456789ä'.repeat(100_000);
  const rest = writeNow(writer, text);
  const taken = Buffer.alloc(1 << 20);
  const bytes = readSync(reader, taken);
  closeSync(reader);
  expect(rest.length).toBeGreaterThan(0);
  expect(String(Buffer.concat([taken.subarray(0, bytes), rest]))).toBe(text);
});

it('of a text that fits nothing is left', () => {
  expect(writeNow(writer, 'sent\n')).toHaveLength(0);
  closeSync(reader);
});

it('of a pipe that nobody reads nothing is left', () => {
  closeSync(reader);
  expect(writeNow(writer, 'sent\n')).toHaveLength(0);
});

it('on a full disk nothing is left', () => {
  const full = openSync('/dev/full', 'w');
  expect(writeNow(full, 'sent\n')).toHaveLength(0);
  closeSync(full);
});

import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { runKept } from './kept-script.ts';

let dir: string;
let file: string;
let keptPath: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'bellhop-kept-'));
  file = join(dir, 'part.cjs');
  keptPath = join(dir, 'cache', 'part.compiled');
  writeFileSync(file, text('first'));
});

afterEach(() => rmSync(dir, { recursive: true, force: true }));

const text = (word: string): string =>
  `exports.word = () => '${word}'; exports.place = require('node:path').basename(__dirname);`;

/** Runs the file, keeps it, and tells what it exports. */
function runAndKeep(): { word: string; place: string } {
  const script = runKept(file, keptPath, { require: createRequire(file), dirname: '/some/place' });
  const { word, place } = script.exports as { word: () => string; place: string };
  const ran = { word: word(), place };
  script.keep();
  return ran;
}

/** Which file it is: a kept form is replaced, never written to. */
const kept = (): bigint => statSync(keptPath, { bigint: true }).ino;

it('a file runs as a CommonJS module, also from its kept form', () => {
  expect(runAndKeep()).toEqual({ word: 'first', place: 'place' });
  expect(runAndKeep()).toEqual({ word: 'first', place: 'place' });
});

it('a kept form belongs to its user alone', () => {
  runAndKeep();
  expect(statSync(keptPath).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'cache')).mode & 0o777).toBe(0o700);
  expect(readdirSync(join(dir, 'cache'))).toEqual(['part.compiled']);
});

it('a text of the same length and time is compiled anew', () => {
  runAndKeep();
  const { atime, mtime } = statSync(file);
  writeFileSync(file, text('other'));
  utimesSync(file, atime, mtime);
  expect(runAndKeep().word).toBe('other');
});

it('a kept form that others may write to is not run', () => {
  runAndKeep();
  const first = kept();
  chmodSync(keptPath, 0o666);
  expect(runAndKeep().word).toBe('first');
  expect(kept()).not.toBe(first);
});

it('nothing is kept where others may write', () => {
  mkdirSync(join(dir, 'cache'));
  chmodSync(join(dir, 'cache'), 0o777);
  expect(runAndKeep().word).toBe('first');
  expect(readdirSync(join(dir, 'cache'))).toEqual([]);
});

/** In a process of its own, as an engine does not read what it compiled itself. */
function runAndKeepElsewhere(): void {
  const source = `
    import { createRequire } from 'node:module';
    import { runKept } from ${JSON.stringify(new URL('kept-script.ts', import.meta.url).href)};
    const [file, keptPath] = ${JSON.stringify([file, keptPath])};
    const script = runKept(file, keptPath, { require: createRequire(file), dirname: '/' });
    if (script.exports.word() !== 'first') throw new Error('another text ran');
    script.keep();`;
  execFileSync(process.execPath, ['--input-type=module', '-e', source]);
}

it('an engine takes what another process kept, and replaces what it must refuse', () => {
  runAndKeepElsewhere();
  const first = kept();
  runAndKeepElsewhere();
  expect(kept()).toBe(first);
  const whole = readFileSync(keptPath);
  const stampEnd = whole.indexOf('\n') + 1;
  writeFileSync(keptPath, Buffer.concat([whole.subarray(0, stampEnd), Buffer.alloc(1_000, 7)]));
  runAndKeepElsewhere();
  expect(kept()).not.toBe(first);
});

it('a kept form of which the disk changed a byte is not run, but replaced', () => {
  runAndKeepElsewhere();
  const first = kept();
  const whole = readFileSync(keptPath);
  const at = whole.length - 200;
  whole.writeUInt8(whole.readUInt8(at) ^ 0xff, at);
  writeFileSync(keptPath, whole);
  runAndKeepElsewhere();
  expect(kept()).not.toBe(first);
});

it('what a killed process left unfinished keeps nobody from keeping', () => {
  mkdirSync(join(dir, 'cache'), { mode: 0o700 });
  writeFileSync(`${keptPath}.${process.pid}`, 'half');
  runAndKeep();
  expect(readdirSync(join(dir, 'cache'))).toEqual(['part.compiled']);
});

it('a cache that cannot be made is no error', () => {
  writeFileSync(join(dir, 'cache'), 'a file');
  expect(runAndKeep().word).toBe('first');
});

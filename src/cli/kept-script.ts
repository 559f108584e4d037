import {
  closeSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Script } from 'node:vm';
import { isOwn } from '../app/one-shot/is-own.ts';
import { makeCacheDir } from '../app/one-shot/make-cache-dir.ts';

/** What a CommonJS file is given. */
export interface ModuleScope {
  readonly require: NodeJS.Require;
  readonly dirname: string;
}

/** A module that was run, and how to keep what the engine made of it. */
export interface KeptScript {
  readonly exports: unknown;
  /** Keeps the compiled form, unless that is where it came from. Best called late: it has what has run by then. */
  keep(): void;
}

/** Everything that the compiled form was made from: the engine itself compares no more than the length of the text. */
function stampOf(file: string): string {
  const { ino, size, mtimeNs, ctimeNs } = statSync(file, { bigint: true });
  const { version, arch, execArgv } = process;
  return `${[file, ino, size, mtimeNs, ctimeNs, version, arch, ...execArgv].join(':')}\n`;
}

function readKept(path: string, stamp: string): Buffer | undefined {
  try {
    if (!isOwn(statSync(dirname(path)))) return undefined;
    const file = openSync(path, 'r');
    try {
      if (!isOwn(fstatSync(file))) return undefined;
      const kept = readFileSync(file);
      const stampEnd = Buffer.byteLength(stamp);
      if (kept.toString('utf8', 0, stampEnd) !== stamp) return undefined;
      const middle = (stampEnd + kept.length) / 2;
      const compiled = kept.subarray(stampEnd, middle);
      return compiled.equals(kept.subarray(middle)) ? compiled : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/**
 * The compiled form stands there twice: the engine checks no sum of it and would crash on one changed byte, each time.
 * To compare takes a hundredth of the time of any sum that is at hand.
 */
function writeKept(path: string, stamp: string, compile: () => Uint8Array): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    if (!makeCacheDir(dirname(path))) return;
    // Of a process that was killed: in a container the next one may have its number.
    rmSync(unfinished, { force: true });
    const file = openSync(unfinished, 'wx', 0o600);
    try {
      const compiled = compile();
      writeFileSync(file, Buffer.concat([Buffer.from(stamp), compiled, compiled]));
      // A part of it, after a power failure, might pass for the whole.
      fsyncSync(file);
      renameSync(unfinished, path);
    } catch {
      rmSync(unfinished, { force: true });
    } finally {
      closeSync(file);
    }
  } catch {
    // Without it the command is slower, and nothing else.
  }
}

/**
 * Runs a CommonJS file, with the compiled form that an earlier process kept at `keptPath`: compiling takes longer than
 * all that the file then does. Node's own compile cache has only what is compiled on loading, which is less than half.
 */
export function runKept(file: string, keptPath: string, scope: ModuleScope): KeptScript {
  const stamp = stampOf(file);
  const cachedData = readKept(keptPath, stamp);
  const text = `(function(exports,require,module,__filename,__dirname){${readFileSync(file, 'utf8')}\n})`;
  const script = new Script(text, { filename: file, cachedData });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...values: unknown[]) => void;
  run(module.exports, scope.require, module, file, scope.dirname);
  return {
    exports: module.exports,
    keep() {
      if (cachedData === undefined || script.cachedDataRejected === true) {
        writeKept(keptPath, stamp, () => script.createCachedData());
      }
    },
  };
}

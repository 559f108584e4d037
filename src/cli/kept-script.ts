import { readFileSync, statSync } from 'node:fs';
import { Script } from 'node:vm';
import { readCacheFile, writeCacheFile } from '../app/one-shot/cache-file.ts';

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

/**
 * The compiled form stands there twice: the engine checks no sum of it and would crash on one changed byte, each time.
 * To compare takes a hundredth of the time of any sum that is at hand.
 */
function readKept(path: string, stamp: string): Buffer | undefined {
  const kept = readCacheFile(path);
  const stampEnd = Buffer.byteLength(stamp);
  if (kept === undefined || kept.toString('utf8', 0, stampEnd) !== stamp) return undefined;
  const middle = (stampEnd + kept.length) / 2;
  const compiled = kept.subarray(stampEnd, middle);
  return compiled.equals(kept.subarray(middle)) ? compiled : undefined;
}

function writeKept(path: string, stamp: string, compile: () => Uint8Array): void {
  writeCacheFile(path, () => {
    const compiled = compile();
    return Buffer.concat([Buffer.from(stamp), compiled, compiled]);
  });
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

import {
  closeSync,
  fstatSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { Script } from 'node:vm';

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

/** Whether nobody else can write there: what is read is run. A shell of root's may have the home of somebody else. */
function isOwn({ uid, mode }: { readonly uid: number; readonly mode: number }): boolean {
  return process.geteuid === undefined || (uid === process.geteuid() && (mode & 0o022) === 0);
}

function readKept(path: string, stamp: string): Buffer | undefined {
  try {
    if (!isOwn(statSync(dirname(path)))) return undefined;
    const file = openSync(path, 'r');
    try {
      if (!isOwn(fstatSync(file))) return undefined;
      const kept = readFileSync(file);
      const end = Buffer.byteLength(stamp);
      return kept.toString('utf8', 0, end) === stamp ? kept.subarray(end) : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function writeKept(path: string, stamp: string, compile: () => Uint8Array): void {
  const unfinished = `${path}.${process.pid}`;
  try {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    if (!isOwn(statSync(dirname(path)))) return;
    const file = openSync(unfinished, 'wx', 0o600);
    try {
      writeFileSync(file, Buffer.concat([Buffer.from(stamp), compile()]));
      // A part of it, after a power failure, might pass for the whole.
      fsyncSync(file);
      renameSync(unfinished, path);
    } catch {
      unlinkSync(unfinished);
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

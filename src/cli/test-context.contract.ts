import { Readable } from 'node:stream';
import type { CliContext } from './context.ts';

export interface TestContext extends CliContext {
  /** What was written to standard output so far. */
  out(): string;
  /** What was written to standard error so far. */
  err(): string;
  exitCode(): number;
}

/** A process that a test can look into. */
export function testContext(given: Partial<CliContext> & { input?: string } = {}): TestContext {
  let out = '';
  let err = '';
  let exitCode = 0;
  return {
    stdin: Readable.from(given.input === undefined ? [] : [Buffer.from(given.input)]),
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: {},
    cwd: '/nowhere',
    home: '/nowhere',
    version: '1.2.3',
    signal: new AbortController().signal,
    onSignal: () => () => undefined,
    setExitCode: (code) => {
      exitCode = code;
    },
    out: () => out,
    err: () => err,
    exitCode: () => exitCode,
    ...given,
  };
}

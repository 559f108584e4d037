import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { CommanderError } from 'commander';
import { catalogue, Failure, toFailure } from '../errors.ts';
import { commands } from './commands.ts';
import type { CliContext } from './context.ts';
import { reportFailure } from './failure-report.ts';
import type { GlobalOptions } from './global-options.ts';
import { createProgram } from './program.ts';
import { usesColor } from './uses-color.ts';

/** 128 + SIGINT, as shells have it. */
const interruptedExit = 130;

/** How long a command may take to end after SIGINT, in milliseconds; a second SIGINT does not wait. */
const interruptedMsMax = 2_000;

/** Runs one command line without the program's name. Failures are reported, and their exit codes set; it never throws. */
export async function runProgram(
  args: readonly string[],
  context: CliContext,
  factories: typeof commands = commands,
): Promise<void> {
  const program = createProgram(context, factories);
  try {
    await program.parseAsync(args, { from: 'user' });
  } catch (thrown) {
    const failure = failureOf(thrown);
    if (failure === undefined) return;
    if (context.signal.aborted && failure.code === 'bug') {
      context.setExitCode(interruptedExit);
      return;
    }
    const options = program.opts<GlobalOptions>();
    context.stderr.write(
      reportFailure(failure, {
        color: usesColor(context, options),
        verbose: options.verbose === true,
        json: options.json === true,
      }),
    );
    context.setExitCode(failure.entry.exit);
  }
}

/** Undefined: help or version was asked for and shown. */
function failureOf(thrown: unknown): Failure | undefined {
  if (!(thrown instanceof CommanderError)) return toFailure(thrown);
  if (thrown.exitCode === 0) return undefined;
  // Shown by commander when a command is missing: then help is the answer.
  if (thrown.code === 'commander.help')
    return new Failure('usage', { detail: 'A command is missing.' });
  const detail = thrown.message.replace(/^error: /, '').replace(/\s+/g, ' ');
  const sentence = `${detail.slice(0, 1).toUpperCase()}${detail.slice(1)}`;
  return new Failure('usage', { detail: /[.?)]$/.test(sentence) ? sentence : `${sentence}.` });
}

/** The package's version; the file is two directories up in the source and in the build alike. */
function readVersion(): string {
  const file = readFileSync(new URL('../../package.json', import.meta.url), 'utf8');
  return (JSON.parse(file) as { version: string }).version;
}

/** The command line of this process. */
export async function run(host: NodeJS.Process): Promise<void> {
  quietOnBrokenPipe(host);
  const interrupt = new AbortController();
  let ownListeners = 0;
  host.on('SIGINT', () => {
    if (ownListeners > 0) return;
    if (interrupt.signal.aborted) host.exit(interruptedExit);
    interrupt.abort();
    setTimeout(() => host.exit(interruptedExit), interruptedMsMax).unref();
  });
  await runProgram(host.argv.slice(2), {
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    env: host.env,
    cwd: host.cwd(),
    home: homedir(),
    version: readVersion(),
    signal: interrupt.signal,
    onSignal(signal, listener) {
      const count = signal === 'SIGINT' ? 1 : 0;
      ownListeners += count;
      host.on(signal, listener);
      return () => {
        ownListeners -= count;
        host.off(signal, listener);
      };
    },
    setExitCode(code) {
      host.exitCode = code;
    },
  });
}

/** Whoever reads the output may stop reading: `bellhop … | head` is no error. A full disk is one. */
function quietOnBrokenPipe(host: NodeJS.Process): void {
  for (const stream of [host.stdout, host.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      host.exit(error.code === 'EPIPE' ? undefined : catalogue.storage_failed.exit);
    });
  }
}

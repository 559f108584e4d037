import { spawn } from 'node:child_process';

/** Python programs with many imports take seconds to start on a busy machine. */
const deadlineMsDefault = 50_000;

/** What a command left behind. */
export interface CommandEnd {
  /** Undefined: it was killed, also for taking too long. */
  readonly exit: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CommandOptions {
  readonly cwd: string;
  /** Beside `PATH`; nothing else of this process is passed on. */
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin?: string;
  readonly deadlineMs?: number;
}

/** Runs a program to its end, with nothing of the caller's environment but `PATH`. */
export async function runCommand(
  command: string,
  args: readonly string[],
  options: CommandOptions,
): Promise<CommandEnd> {
  const { cwd, env = {}, stdin = '', deadlineMs = deadlineMsDefault } = options;
  const child = spawn(command, args, {
    cwd,
    // A home of its own keeps what it caches from one test to the next apart.
    env: { PATH: process.env['PATH'], HOME: cwd, ...env },
    timeout: deadlineMs,
    killSignal: 'SIGKILL',
  });
  const ended = Promise.withResolvers<number | undefined>();
  child.once('error', ended.reject);
  child.once('close', (code) => ended.resolve(code ?? undefined));
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  child.stdin.on('error', () => undefined);
  child.stdin.end(stdin);
  const exit = await ended.promise;
  return { exit, stdout: stdout(), stderr: stderr() };
}

function collect(stream: NodeJS.ReadableStream): () => string {
  let text = '';
  stream.setEncoding('utf8');
  stream.on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}

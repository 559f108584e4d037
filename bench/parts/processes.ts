import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { createInterface } from 'node:readline';

const canPin = spawnSync('taskset', ['-V']).status === 0;

/** A process under measurement, or one that measures it. */
export interface Part {
  readonly child: ChildProcess;
  /** The next line it prints. */
  line(): Promise<string>;
  /** Writes a line to its stdin and waits for the line it answers with. */
  ask(text: string): Promise<string>;
  stop(signal?: NodeJS.Signals): Promise<void>;
}

/** Starts `node ARGS`, on one core if `core` is given and the system can pin. */
export function startPart(args: readonly string[], core?: number): Part {
  return startProgram([process.execPath, ...args], { core });
}

/** The same for any program. */
export function startProgram(
  command: readonly string[],
  { core, env }: { readonly core?: number | undefined; readonly env?: NodeJS.ProcessEnv },
): Part {
  const pinned =
    core !== undefined && canPin ? ['taskset', '-c', String(core), ...command] : command;
  const [program = '', ...rest] = pinned;
  const child = spawn(program, rest, { env, stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines: string[] = [];
  const waiting: ((line: string) => void)[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const next = waiting.shift();
    if (next === undefined) lines.push(line);
    else next(line);
  });
  const line = (): Promise<string> => {
    const ready = lines.shift();
    if (ready !== undefined) return Promise.resolve(ready);
    return new Promise((resolve) => waiting.push(resolve));
  };
  return {
    child,
    line,
    ask(text) {
      child.stdin.write(`${text}\n`);
      return line();
    },
    async stop(signal = 'SIGTERM') {
      child.kill(signal);
      await ended;
    },
  };
}

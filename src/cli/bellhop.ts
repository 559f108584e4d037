/**
 * The command. It is bundled into one small CommonJS file, so that a version of Node.js that is too old still gets to say
 * so, and so that `send` starts nearly as fast as Node.js itself: everything else is loaded only when it is asked for.
 */
import { isAbsolute, join } from 'node:path';
import type { runSend as RunSend, SendProcess } from '../app/one-shot/run-send.ts';
import { shortHash } from '../app/one-shot/short-hash.ts';
import type { Failure } from '../errors.ts';
import { type KeptScript, runKept } from './kept-script.ts';
import { writeNow } from './write-now.ts';

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);

/** Whether a stream of the process was used, which may still have something to write. */
let isWriting = false;

/** Setting up `process.stdout` takes longer than inserting a message, so lines go to the descriptor itself. */
function lines(descriptor: 1 | 2) {
  return {
    write(text: string): void {
      const rest = writeNow(descriptor, text);
      if (rest.length === 0) return;
      // A full pipe that does not block: the stream knows how to wait.
      isWriting = true;
      (descriptor === 1 ? process.stdout : process.stderr).write(rest);
    },
  };
}

/** Without these `send` does its work, so that what it ran is worth keeping. */
const lookingOptions = ['-h', '--help', '-n', '--dry-run'];

/** `send`, already compiled where it ran before; each way of sending keeps the parts that it runs. */
function loadSend(): KeptScript {
  const { env, argv } = process;
  const caches = env['XDG_CACHE_HOME'] || join(env['HOME'] || '.', '.cache');
  const file = join(__dirname, 'send.cjs');
  if (!isAbsolute(caches) || argv.some((word) => lookingOptions.includes(word))) {
    return { exports: require(file) as unknown, keep: () => undefined };
  }
  const way = argv.includes('--queue')
    ? 'queue'
    : argv.includes('--no-store')
      ? 'direct'
      : 'socket';
  const keptPath = join(caches, 'bellhop', `send-${way}-${shortHash(file)}.compiled`);
  return runKept(file, keptPath, { require, dirname: __dirname });
}

/** Tells why `send` did not send. @returns the exit code */
async function explain(failure: Failure, args: readonly string[]): Promise<number> {
  const { reportSendFailure } = await import('./report-send-failure.ts');
  reportSendFailure(failure, args, process);
  return failure.entry.exit;
}

async function send(): Promise<void> {
  const stdout = lines(1);
  const help = async () => {
    const { printSendHelp } = await import('./commands/send.ts');
    printSendHelp(stdout);
  };
  const host: SendProcess = {
    env: process.env,
    // Its setting-up takes a millisecond, which only a text from there is worth.
    get stdin() {
      return process.stdin;
    },
    stdout,
    stderr: lines(2),
    cwd: () => process.cwd(),
    help,
  };
  const loaded = loadSend();
  const { runSend } = loaded.exports as { readonly runSend: typeof RunSend };
  const args = process.argv.slice(3);
  process.exitCode = await runSend(args, host).catch((thrown: Failure) => explain(thrown, args));
  if (process.exitCode === 0) loaded.keep();
  // All is closed; taking the engine itself apart takes as long as inserting the message.
  if (!isWriting) process.exit();
}

async function start(): Promise<void> {
  if (process.argv[2] === 'send') {
    await send();
  } else {
    if (process.argv.includes('serve')) {
      const { boundMemory } = await import('./bound-memory.ts');
      boundMemory(process);
    }
    const { run } = await import('./run.ts');
    await run(process);
  }
}

if (major < 24 || (major === 24 && minor < 15)) {
  process.stderr.write(`bellhop needs Node.js 24.15 or newer; this is ${process.versions.node}.\n`);
  process.exitCode = 78;
} else {
  void start();
}

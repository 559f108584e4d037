import { Argument, Command, Option, type ParseOptionsResult } from 'commander';
import { severities, statuses } from '../../notification/notification.ts';
import { addExample } from '../add-example.ts';
import type { CliContext, CliOutput } from '../context.ts';
import { type GlobalOptions, globalOptions } from '../global-options.ts';
import { createProgram } from '../program.ts';

/**
 * Leaves what follows `send` as it was written: `send` has a parser of its own, as it must start faster than this model
 * of it can be built.
 */
class SendCommand extends Command {
  #words: readonly string[] = [];

  override parseOptions(words: string[]): ParseOptionsResult {
    this.#words = words;
    return { operands: [...words], unknown: [] };
  }

  /** The words after `send` for its own parser, with the options that the program took from among them. */
  wordsFor(all: readonly string[], globals: GlobalOptions): string[] {
    // Operands alone may have stood behind `--`, which is gone by now.
    const guard = this.#words.length === 0 ? ['--'] : [];
    return [...globalWords(globals), ...guard, ...all];
  }
}

function globalWords(globals: GlobalOptions): string[] {
  return [
    ...(globals.config === undefined ? [] : ['--config', globals.config]),
    ...(globals.quiet === true ? ['--quiet'] : []),
    ...(globals.verbose === true ? ['--verbose'] : []),
    ...(globals.json === true ? ['--json'] : []),
    ...(globals.color ? [] : ['--no-color']),
  ];
}

function addOptions(command: Command): Command {
  return command
    .option(
      '-r, --room <room>',
      'a configured name, or the id or alias of a configured room; without a configuration file any; default: BELLHOP_ROOM',
    )
    .option('-t, --title <text>', 'a heading above the text')
    .addOption(
      new Option('--format <format>', 'what the text is').choices(['plain', 'markdown', 'html']),
    )
    .addOption(new Option('--severity <severity>', 'how bad it is').choices([...severities]))
    .addOption(new Option('--status <status>', 'where it stands').choices([...statuses]))
    .option('--link <url>', 'where to read more')
    .option('--key <key>', 'names what this is about')
    .option('--thread <event>', 'the id of the first event of the thread it belongs to, $…')
    .option('--mention <who>', 'a user id, or room for everybody; may be repeated')
    .option('--silent', 'without a notification on the devices of readers')
    .option('--attach <file>', 'a file to send along')
    .option('--idempotency-key <key>', 'the same key twice is one message')
    .option('--expire-after <time>', 'not worth delivering after 30m, 12h, 7d …')
    .option('--wait [=time]', 'wait for the delivery; alone it means 10s')
    .option('--queue', 'only keep it; the next serve or send delivers it')
    .option('--no-store', 'one attempt without writing anything down')
    .option('-n, --dry-run', 'show what would be sent, and send nothing');
}

/** `bellhop send`: one notification from a script or a person. */
export function sendCommand(context: CliContext): Command {
  const command = new SendCommand('send')
    .description('send one message: the text of the arguments, or standard input')
    .addArgument(new Argument('[text...]', 'the text; - or nothing is standard input'));
  addOptions(command).action(async (all: string[]) => {
    const { runSend } = await import('../../app/one-shot/run-send.ts');
    const { stdin, stdout, stderr, env, cwd } = context;
    const words = command.wordsFor(all, globalOptions(command));
    const help = async () => {
      command.outputHelp();
    };
    context.setExitCode(await runSend(words, { stdin, stdout, stderr, env, cwd: () => cwd, help }));
  });
  return addExample(
    command,
    'bellhop send --room ops "disk full on db1"',
    'df -h | bellhop send --room ops --title "Disks" --severity warning',
    'bellhop send --room ops --wait=30s --format markdown "**done**"',
  );
}

/** Writes what `bellhop send --help` shows. */
export function printSendHelp(stdout: CliOutput): void {
  const context: CliContext = {
    stdin: {
      async *[Symbol.asyncIterator]() {
        // Help asks nobody.
      },
      destroy: () => undefined,
    },
    stdout,
    stderr: stdout,
    env: {},
    cwd: '/',
    home: '/',
    version: '',
    signal: new AbortController().signal,
    onSignal: () => () => undefined,
    setExitCode: () => undefined,
  };
  const program = createProgram(context, [sendCommand]);
  program.commands.find((command) => command.name() === 'send')?.outputHelp();
}

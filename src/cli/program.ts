import { Command } from 'commander';
import { Failure } from '../errors.ts';
import { addExample } from './add-example.ts';
import type { CliContext } from './context.ts';
import { addGlobalOptions } from './global-options.ts';

/** Makes one command; its heavy parts are to be imported when it runs, not here. */
export type CommandFactory = (context: CliContext) => Command;

/** The width of help that does not go to a terminal. */
const helpWidth = 100;

/** The whole command line as a model: nothing runs, and nothing ends the process. */
export function createProgram(context: CliContext, factories: readonly CommandFactory[]): Command {
  const program = new Command('bellhop')
    .description("Carries infrastructure's messages into Matrix rooms.")
    .version(context.version, '--version', 'show the version')
    .helpCommand(false);
  addGlobalOptions(program);
  addExample(program, 'bellhop send --room ops "disk full on db1"', 'bellhop serve');
  for (const factory of factories) program.addCommand(factory(context));
  program.addCommand(helpCommand(program));
  settle(program, context);
  return program;
}

/** `bellhop help`: commander's own looks at the first word only, and takes any. */
function helpCommand(program: Command): Command {
  const command = new Command('help')
    .description('show help for a command')
    .argument('[command...]', 'its name, and that of a command inside it')
    .action((names: readonly string[]) => {
      let shown = program;
      for (const name of names) {
        const inner = shown.commands.find((one) => one.name() === name);
        if (inner === undefined) {
          throw new Failure('usage', { detail: `There is no command "${names.join(' ')}".` });
        }
        shown = inner;
      }
      shown.outputHelp();
    });
  return addExample(command, 'bellhop help outbox list');
}

/** What commander takes over only for commands it has made itself. */
function settle(command: Command, context: CliContext): void {
  const { stdout, stderr } = context;
  command
    .helpOption('-h, --help', 'show help')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
      // Failures are reported in one place, in one form.
      outputError: () => undefined,
      getOutHelpWidth: () => stdout.columns ?? helpWidth,
      getErrHelpWidth: () => stderr.columns ?? helpWidth,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    });
  for (const child of command.commands) {
    child.helpCommand(false);
    settle(child, context);
  }
}

import { type Command, Option } from 'commander';

/** The options that every command takes. */
export interface GlobalOptions {
  /** Path of the configuration file, or `-`. */
  readonly config?: string;
  readonly quiet?: boolean;
  readonly verbose?: boolean;
  readonly json?: boolean;
  readonly color: boolean;
}

/** Gives the program the options that every command takes, before or after its own name. */
export function addGlobalOptions(program: Command): void {
  program
    .option('-c, --config <file>', 'configuration file; - is standard input')
    .addOption(new Option('-q, --quiet', 'say only what goes wrong').conflicts('verbose'))
    .option('-v, --verbose', 'say more, also why something went wrong')
    .option('--json', 'results as JSON, one line each')
    .option('--no-color', 'no colours');
}

/** The values of the options that every command takes. */
export function globalOptions(command: Command): GlobalOptions {
  return command.optsWithGlobals<GlobalOptions>();
}

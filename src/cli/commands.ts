import { completionCommand } from './commands/completion.ts';
import { configCommand } from './commands/config.ts';
import type { CommandFactory } from './program.ts';

/** The commands, in the order of `bellhop --help`. */
export const commands: readonly CommandFactory[] = [configCommand, completionCommand];

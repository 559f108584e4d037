import { Command } from 'commander';
import type { CliContext } from '../../context.ts';
import { recoverCommand } from './identity/recover.ts';
import { resetCommand } from './identity/reset.ts';
import { setupCommand } from './identity/setup.ts';
import { showCommand } from './identity/show.ts';

/** `bellhop account identity`: by what others know that a message really is the account's. */
export function identityCommand(context: CliContext): Command {
  return new Command('identity')
    .description('set up, recover, reset or show the cross-signing identity of an account')
    .addCommand(setupCommand(context))
    .addCommand(recoverCommand(context))
    .addCommand(resetCommand(context))
    .addCommand(showCommand(context));
}

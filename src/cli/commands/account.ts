import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { identityCommand } from './account/identity.ts';
import { listCommand } from './account/list.ts';
import { logoutCommand } from './account/logout.ts';
import { profileCommand } from './account/profile.ts';

/** `bellhop account`: who speaks. */
export function accountCommand(context: CliContext): Command {
  return new Command('account')
    .description('list the accounts, vouch for them, dress them, log them out')
    .addCommand(listCommand(context))
    .addCommand(identityCommand(context))
    .addCommand(profileCommand(context))
    .addCommand(logoutCommand(context));
}

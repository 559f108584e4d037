import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { backupCommand } from './outbox/backup.ts';
import { cancelCommand } from './outbox/cancel.ts';
import { listCommand } from './outbox/list.ts';
import { purgeCommand } from './outbox/purge.ts';
import { redriveCommand } from './outbox/redrive.ts';
import { showCommand } from './outbox/show.ts';
import { wakeCommand } from './outbox/wake.ts';

/** `bellhop outbox`: what is owed, and what became of the rest; also while the daemon runs. */
export function outboxCommand(context: CliContext): Command {
  return new Command('outbox')
    .description('look at messages, and act on them; also while the daemon runs')
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
    .addCommand(wakeCommand(context))
    .addCommand(redriveCommand(context))
    .addCommand(cancelCommand(context))
    .addCommand(purgeCommand(context))
    .addCommand(backupCommand(context));
}

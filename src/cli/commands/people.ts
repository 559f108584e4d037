import { Command } from 'commander';
import type { CliContext } from '../context.ts';
import { approveCommand } from './people/approve.ts';
import { listCommand } from './people/list.ts';
import { showCommand } from './people/show.ts';
import { syncCommand } from './people/sync.ts';

/** `bellhop people`: what is wanted of the people of the deployment, and how far it is; also while the daemon runs. */
export function peopleCommand(context: CliContext): Command {
  return new Command('people')
    .description('look at the people of the deployment, and act; also while the daemon runs')
    .addCommand(listCommand(context))
    .addCommand(showCommand(context))
    .addCommand(syncCommand(context))
    .addCommand(approveCommand(context));
}

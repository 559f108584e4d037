import { Command } from 'commander';
import { addExample } from '../add-example.ts';
import type { CliContext } from '../context.ts';
import { globalOptions } from '../global-options.ts';

/** `bellhop serve`: the daemon. */
export function serveCommand(context: CliContext): Command {
  const command = new Command('serve')
    .description('accept messages and deliver them, until SIGTERM; SIGHUP reads the configuration')
    .action(async () => {
      const { serve } = await import('./serve/serve.ts');
      await serve(context, globalOptions(command));
    });
  return addExample(command, 'bellhop serve', 'bellhop serve -c /etc/bellhop/bellhop.yaml');
}

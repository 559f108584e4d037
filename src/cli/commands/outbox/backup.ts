import { resolve } from 'node:path';
import { Command } from 'commander';
import { Failure } from '../../../errors.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeResult } from '../../results.ts';

/** `bellhop outbox backup`: a consistent copy while work goes on. */
export function backupCommand(context: CliContext): Command {
  const command = new Command('backup')
    .description('copy the outbox as it is now, while work goes on; nothing is overwritten')
    .argument('<file>', 'where to; the file must not exist')
    .action(async (file: string) => {
      const globals = globalOptions(command);
      const { readOutbox } = await import('./open-outbox.ts');
      const { config } = await openConfig(context, globals);
      const isDone = await readOutbox(config, false, async (store) => {
        await store.backup(resolve(context.cwd, file));
        return true;
      });
      if (!isDone) throw new Failure('not_found', { detail: 'There is no outbox yet.' });
      writeResult(context, globals, { json: { file }, text: file });
    });
  return addExample(command, 'bellhop outbox backup /var/backups/outbox.db');
}

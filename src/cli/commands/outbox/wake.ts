import { Command } from 'commander';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeNote, writeResult } from '../../results.ts';
import { needDone } from './need-done.ts';
import { operatorToken } from './operator-token.ts';

/** `bellhop outbox wake`: what waits is tried now. */
export function wakeCommand(context: CliContext): Command {
  const command = new Command('wake')
    .description('have the daemon try everything that waits now, or what one message waits for')
    .argument('[id]', 'of a notification or entry; default: everything')
    .action(async (id: string | undefined) => {
      const globals = globalOptions(command);
      const { callDaemon } = await import('./call-daemon.ts');
      const { config } = await openConfig(context, globals);
      const token = await operatorToken(config);
      const path =
        id === undefined
          ? '/v1/wake'
          : `/v1/notifications/${encodeURIComponent(id.toUpperCase())}/wake`;
      const answer = await callDaemon(context, config, path, token);
      if (answer !== undefined) needDone(answer);
      const isWoken = answer !== undefined;
      writeResult(context, globals, {
        json: { woken: isWoken },
        text: isWoken ? 'woken' : 'no daemon is running',
      });
      if (!isWoken) {
        writeNote(context, globals, 'The next `bellhop serve` tries everything at once.');
      }
    });
  return addExample(command, 'bellhop outbox wake');
}

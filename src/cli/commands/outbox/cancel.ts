import { Command } from 'commander';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { type OperationResult, operationResult, reportResults } from './operation-result.ts';

/** `bellhop outbox cancel`: withdraws what has not left. */
export function cancelCommand(context: CliContext): Command {
  const command = new Command('cancel')
    .description('withdraw messages that are queued and cannot have left yet')
    .argument('<id...>', 'of notifications or entries')
    .action(async (ids: readonly string[]) => {
      const globals = globalOptions(command);
      const { systemClock } = await import('../../../clock.ts');
      const { changeOutbox, entriesOf } = await import('./open-outbox.ts');
      const { config } = await openConfig(context, globals);
      const results = await changeOutbox(config, async (store) => {
        const done: OperationResult[] = [];
        for (const id of ids) {
          for (const view of await entriesOf(store, id)) {
            const result = await store.cancel(view.id, systemClock.now());
            done.push(operationResult(view.id, result));
          }
        }
        return done;
      });
      reportResults(context, globals, 'cancelled', results);
    });
  return addExample(command, 'bellhop outbox cancel 01JZ8Q4T6E9Y3B5N7K2M0XVRWA');
}

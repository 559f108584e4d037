import { Command, Option } from 'commander';
import { pause } from '../../../clock.ts';
import { Failure } from '../../../errors.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeResult } from '../../results.ts';
import { needAge } from './filter.ts';

interface PurgeOptions {
  readonly olderThan: string;
  readonly state?: 'delivered' | 'dead';
}

/** Rows of one step; some 10 ms in which a daemon cannot write. */
const rowsPerStepMax = 500;
/** Between two steps a daemon gets its turn, in milliseconds. */
const betweenStepsMs = 20;

/** `bellhop outbox purge`: forgets what ended long enough ago. */
export function purgeCommand(context: CliContext): Command {
  const command = new Command('purge')
    .description('delete messages that ended; what is owed stays')
    .requiredOption('--older-than <time>', 'ended longer ago than 30m, 12h, 7d …')
    .addOption(
      new Option(
        '--state <state>',
        'only delivered ones, or only dead, cancelled, expired and superseded ones',
      ).choices(['delivered', 'dead']),
    )
    .action(async (options: PurgeOptions) => await purge(context, command, options));
  return addExample(command, 'bellhop outbox purge --state delivered --older-than 1d');
}

async function purge(context: CliContext, command: Command, options: PurgeOptions): Promise<void> {
  const globals = globalOptions(command);
  const ageMs = needAge('--older-than', options.olderThan);
  const { systemClock } = await import('../../../clock.ts');
  const { changeOutbox } = await import('./open-outbox.ts');
  const { config } = await openConfig(context, globals);
  const endedBefore = systemClock.now() - ageMs;
  const times = {
    delivered: options.state === 'dead' ? 0 : endedBefore,
    other: options.state === 'delivered' ? 0 : endedBefore,
  };
  const purged = await changeOutbox(config, async (store) => {
    let total = 0;
    for (;;) {
      const rows = await store.purge(times, rowsPerStepMax);
      total += rows;
      if (rows < rowsPerStepMax || context.signal.aborted) return total;
      await pause(systemClock, betweenStepsMs, context.signal);
    }
  }).catch((thrown: unknown) => {
    // Where there is no outbox there is nothing to forget.
    if (thrown instanceof Failure && thrown.code === 'not_found') return 0;
    throw thrown;
  });
  writeResult(context, globals, { json: { purged }, text: `${purged} deleted` });
}

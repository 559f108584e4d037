import { Command } from 'commander';
import { printableLine } from '../../../printable-line.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { writeResult } from '../../results.ts';
import { lookAtDeployment } from './look-at-deployment.ts';
import { lookOnly, planExit } from './plan-exit.ts';

/** `bellhop deployment plan`: what `apply` would do. */
export function planCommand(context: CliContext): Command {
  const command = new Command('plan')
    .description('show what is to be done, and do nothing')
    .argument('[file]', 'deployment file; default: `deployment` of the configuration')
    .addHelpText(
      'after',
      '\nExit code: 0 there is nothing to do, 2 there are steps, people of the file who are not yet as it says, or\nthings that cannot be mended from here, 1 it failed. Who has no account yet is waited for, which is nothing to do.\nWhere the data directory cannot be read, the rooms alone are shown and count; a note says why.',
    )
    .action(async (file: string | undefined) => {
      const globals = globalOptions(command);
      await lookOnly(context, globals, async () => {
        const { plan, people } = await lookAtDeployment(context, globals, file);
        const { describePlan } = await import('../../../deployment/plan/describe-plan.ts');
        const { describeOwed, owedJson } = await import('./people-owed.ts');
        const { planJson } = await import('./plan-json.ts');
        const owed = people ?? [];
        const lines = [...describePlan(plan), ...owed.map(describeOwed)].map(printableLine);
        writeResult(context, globals, {
          json: { ...planJson(plan), people: people?.map(owedJson) ?? null },
          text: lines.length === 0 ? 'Nothing to do.' : lines.join('\n'),
        });
        context.setExitCode(planExit(plan, owed));
      });
    });
  return addExample(
    command,
    'bellhop deployment plan',
    'bellhop deployment plan ./deployment.yaml --json',
  );
}

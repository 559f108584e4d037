import { Command } from 'commander';
import type { ApplyReport, TakenStep } from '../../../deployment/apply.ts';
import type { Plan } from '../../../deployment/plan.ts';
import { printableLine } from '../../../printable-line.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { type GlobalOptions, globalOptions } from '../../global-options.ts';
import { writeNote, writeResult } from '../../results.ts';
import { botNotes } from './bot-notes.ts';
import { openDeploymentFile } from './open-deployment-file.ts';
import { planExit } from './plan-exit.ts';

/** Synapse's limits let a new room be made about every minute where they cannot be lifted: ten rooms, in milliseconds. */
const applyMsMax = 10 * 60_000;

/** `bellhop deployment apply`: the homeserver becomes what the file says. */
export function applyCommand(context: CliContext): Command {
  const command = new Command('apply')
    .description('do what is to be done, then look again')
    .argument('[file]', 'deployment file; default: `deployment` of the configuration')
    .addHelpText(
      'after',
      '\nA second apply writes nothing. Exit code: 0 all is as the file says, 2 something is left, which is named;\nothers as everywhere. A `bellhop serve` on the same data directory applies its file by itself, so this\nexits with 73.',
    )
    .action(async (file: string | undefined) => await apply(context, command, file));
  return addExample(command, 'bellhop deployment apply ./deployment.yaml');
}

async function apply(context: CliContext, command: Command, named: string | undefined) {
  const globals = globalOptions(command);
  const { config, file } = await openDeploymentFile(context, globals, named);
  const { withDeployment } = await import('../../../app/deployment/with-deployment.ts');
  const { describeStep } = await import('../../../deployment/describe-plan.ts');
  const describe = ({ step, problem }: TakenStep): string =>
    printableLine(
      `${problem === undefined ? 'done' : `failed (${problem})`}  ${describeStep(step)}`,
    );
  const isWatched = context.stderr.isTTY === true && globals.quiet !== true;
  const call = {
    dataDir: config.dataDir,
    command: 'bellhop deployment apply',
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(applyMsMax)]),
    onStep: (taken: TakenStep) => {
      if (isWatched) writeNote(context, globals, describe(taken));
    },
    onEvent: botNotes(context, globals),
  };
  const report = await withDeployment(file, call, (deployment, signal) => deployment.apply(signal));
  context.signal.throwIfAborted();
  const left: Plan = { steps: report.remaining, findings: report.findings };
  // Whoever watched has seen the steps already.
  await write(context, globals, report, isWatched ? [] : report.taken.map(describe));
  context.setExitCode(planExit(left));
}

async function write(
  context: CliContext,
  globals: GlobalOptions,
  { taken, remaining: steps, findings }: ApplyReport,
  lines: readonly string[],
): Promise<void> {
  const { describePlan } = await import('../../../deployment/describe-plan.ts');
  const { planJson, stepJson } = await import('./plan-json.ts');
  const done = taken.filter(({ problem }) => problem === undefined).length;
  const failed = taken.length - done;
  const left =
    steps.length + findings.length === 0 ? [] : describePlan({ steps, findings }).split('\n');
  const summary = taken.length === 0 ? 'Nothing was to do.' : summaryOf(done, failed);
  writeResult(context, globals, {
    json: {
      taken: taken.map(({ step, problem }) => ({ ...stepJson(step), problem })),
      remaining: planJson({ steps, findings })['steps'],
      findings: planJson({ steps, findings })['findings'],
    },
    text: [...lines, ...left.map((line) => `left  ${printableLine(line)}`), summary].join('\n'),
  });
}

function summaryOf(done: number, failed: number): string {
  const steps = `${done} ${done === 1 ? 'step was' : 'steps were'} taken`;
  return failed === 0 ? `${steps}.` : `${steps}, ${failed} failed.`;
}

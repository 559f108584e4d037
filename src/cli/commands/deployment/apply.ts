import { Command } from 'commander';
import type { ApplyReport, TakenStep } from '../../../deployment/apply.ts';
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
  const { describeStep } = await import('../../../deployment/plan/describe-plan.ts');
  const describe = ({ step, problem }: TakenStep): string =>
    printableLine(
      `${problem === undefined ? 'done' : `failed (${problem})`}  ${describeStep(step)}`,
    );
  const isWatched = context.stderr.isTTY === true && globals.quiet !== true;
  const taken: TakenStep[] = [];
  const call = {
    dataDir: config.dataDir,
    command: 'bellhop deployment apply',
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(applyMsMax)]),
    onStep: (step: TakenStep) => {
      taken.push(step);
      if (isWatched) writeNote(context, globals, describe(step));
      // Told as it happens: it was done, however this ends.
      else if (globals.json !== true) context.stdout.write(`${describe(step)}\n`);
    },
    onEvent: botNotes(context, globals),
  };
  try {
    const report = await withDeployment(file, call, (deployment, signal) =>
      deployment.apply(signal),
    );
    context.signal.throwIfAborted();
    await write(context, globals, report);
    context.setExitCode(planExit({ steps: report.remaining, findings: report.findings }));
  } catch (thrown) {
    await writeBrokenOff(context, globals, taken);
    context.signal.throwIfAborted();
    throw thrown;
  }
}

async function write(
  context: CliContext,
  globals: GlobalOptions,
  { taken, remaining: steps, findings }: ApplyReport,
): Promise<void> {
  const { describePlan } = await import('../../../deployment/plan/describe-plan.ts');
  const { planJson } = await import('./plan-json.ts');
  const plan = planJson({ steps, findings });
  const left =
    steps.length + findings.length === 0 ? [] : describePlan({ steps, findings }).split('\n');
  writeResult(context, globals, {
    json: { taken: await takenJson(taken), remaining: plan['steps'], findings: plan['findings'] },
    text: [...left.map((line) => `left  ${printableLine(line)}`), summaryOf(taken)].join('\n'),
  });
}

/** What was done counts, although nobody looked what is left: with `--json` the result has no `remaining`. */
async function writeBrokenOff(
  context: CliContext,
  globals: GlobalOptions,
  taken: readonly TakenStep[],
): Promise<void> {
  if (globals.json === true && taken.length > 0) {
    writeResult(context, globals, { json: { taken: await takenJson(taken) }, text: '' });
  }
  const { aborted } = context.signal;
  if (!aborted && taken.length === 0) return;
  const what = aborted ? 'It was interrupted.' : 'It broke off.';
  const done = taken.length === 0 ? 'No step was taken.' : summaryOf(taken);
  writeNote(context, globals, `${what} ${done} Another apply goes on from here.`);
}

async function takenJson(taken: readonly TakenStep[]): Promise<unknown[]> {
  const { stepJson } = await import('./plan-json.ts');
  return taken.map(({ step, problem }) => ({ ...stepJson(step), problem }));
}

function summaryOf(taken: readonly TakenStep[]): string {
  if (taken.length === 0) return 'Nothing was to do.';
  const failed = taken.filter(({ problem }) => problem !== undefined).length;
  const done = taken.length - failed;
  const steps = `${done} ${done === 1 ? 'step was' : 'steps were'} taken`;
  return failed === 0 ? `${steps}.` : `${steps}, ${failed} failed.`;
}

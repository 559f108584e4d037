import { Command } from 'commander';
import type { SyncCall } from '../../../app/deployment/sync-people.ts';
import type { ApplyReport, TakenStep } from '../../../deployment/apply.ts';
import { printableLine } from '../../../printable-line.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { type GlobalOptions, globalOptions } from '../../global-options.ts';
import { writeNote, writeResult } from '../../results.ts';
import { type AppliedPeople, applyPeople } from './apply-people.ts';
import { botNotes } from './bot-notes.ts';
import { type OpenedDeployment, openDeploymentFile } from './open-deployment-file.ts';
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
      '\nRooms first, then the people of the file; a second apply writes nothing. Exit code: 0 all is as the file\nsays, 2 something is left, which is named; others as everywhere. Who has no account yet is waited for.\nA `bellhop serve` on the same data directory applies its file by itself, so this exits with 73.',
    )
    .action(async (file: string | undefined) => await apply(context, command, file));
  return addExample(command, 'bellhop deployment apply ./deployment.yaml');
}

async function apply(context: CliContext, command: Command, named: string | undefined) {
  const globals = globalOptions(command);
  const opened = await openDeploymentFile(context, globals, named);
  const { describeStep } = await import('../../../deployment/plan/describe-plan.ts');
  const describe = ({ step, problem }: TakenStep): string =>
    printableLine(
      `${problem === undefined ? 'done' : `failed (${problem})`}  ${describeStep(step)}`,
    );
  const isWatched = context.stderr.isTTY === true && globals.quiet !== true;
  const run: Run = {
    context,
    globals,
    opened,
    call: {
      dataDir: opened.config.dataDir,
      command: 'bellhop deployment apply',
      signal: AbortSignal.any([context.signal, AbortSignal.timeout(applyMsMax)]),
      onEvent: botNotes(context, globals),
    },
    tell: (step) => {
      if (isWatched) writeNote(context, globals, describe(step));
      // Told as it happens: it was done, however this ends.
      else if (globals.json !== true) context.stdout.write(`${describe(step)}\n`);
    },
  };
  const report = await applyRooms(run);
  const people = await thenPeople(run, report);
  await write(context, globals, { report, people });
  const { remaining: steps, findings } = report;
  context.setExitCode(planExit({ steps, findings }, people?.owed ?? []));
}

/** One apply. */
interface Run {
  readonly context: CliContext;
  readonly globals: GlobalOptions;
  readonly opened: OpenedDeployment;
  readonly call: SyncCall & { readonly dataDir: string };
  readonly tell: (taken: TakenStep) => void;
}

async function applyRooms({ context, globals, opened, call, tell }: Run): Promise<ApplyReport> {
  const { withDeployment } = await import('../../../app/deployment/with-deployment.ts');
  const taken: TakenStep[] = [];
  const onStep = (step: TakenStep): void => {
    taken.push(step);
    tell(step);
  };
  try {
    const report = await withDeployment(opened.file, { ...call, onStep }, (deployment, signal) =>
      deployment.apply(signal),
    );
    context.signal.throwIfAborted();
    return report;
  } catch (thrown) {
    await writeBrokenOff(context, globals, taken);
    context.signal.throwIfAborted();
    throw thrown;
  }
}

/** Whatever becomes of the people, how the rooms stand is told. */
async function thenPeople(
  { context, globals, opened, call }: Run,
  report: ApplyReport,
): Promise<AppliedPeople | undefined> {
  try {
    return await applyPeople(opened, call);
  } catch (thrown) {
    await write(context, globals, { report, people: null });
    const what = context.signal.aborted ? 'It was interrupted.' : 'It broke off.';
    const left = 'The people were not brought to what the file says.';
    writeNote(context, globals, `${what} ${left} Another apply goes on from here.`);
    context.signal.throwIfAborted();
    throw thrown;
  }
}

/** What an apply has come to. */
interface Applied {
  readonly report: ApplyReport;
  /** Undefined: the file has none, and never had. Null: it broke off before that was known. */
  readonly people: AppliedPeople | undefined | null;
}

async function write(
  context: CliContext,
  globals: GlobalOptions,
  { report: { taken, remaining: steps, findings }, people }: Applied,
): Promise<void> {
  const { describeOwed, owedJson } = await import('./people-owed.ts');
  const { describeCounts } = await import('../people/describe-counts.ts');
  const { describePlan } = await import('../../../deployment/plan/describe-plan.ts');
  const { planJson } = await import('./plan-json.ts');
  const plan = planJson({ steps, findings });
  const owed = people?.owed ?? [];
  const left = [...describePlan({ steps, findings }), ...owed.map(describeOwed)];
  const counts = people ? [`People: ${describeCounts(people.counts)}`] : [];
  writeResult(context, globals, {
    json: {
      taken: await takenJson(taken),
      remaining: plan['steps'],
      findings: plan['findings'],
      people: people && { ...people.counts, owed: owed.map(owedJson) },
    },
    text: [
      ...left.map((line) => `left  ${printableLine(line)}`),
      taken.length === 0 && people ? 'Nothing was to do in the rooms.' : summaryOf(taken),
      ...counts,
    ].join('\n'),
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

import { Command } from 'commander';
import type { Plan } from '../../../deployment/plan/plan.ts';
import type { OwedPerson } from '../../../people/file/owed-people.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { table } from '../table.ts';
import { lookAtDeployment } from './look-at-deployment.ts';
import { lookOnly, unfinishedExit } from './plan-exit.ts';

/** Something that is not as the file says, and what becomes of it. */
interface Drift {
  /** Undefined: it is the bot, or a person. */
  readonly room: string | undefined;
  /** Whose account is concerned, where it is the bot. */
  readonly bot?: string;
  /** Who it is, where it is a person of the file. */
  readonly person?: string;
  readonly field: string | undefined;
  /** `enforce`: the next apply sets it again. `once`: it is told and left. `unfixable`: nobody can mend it from here. */
  readonly treatment: 'enforce' | 'once' | 'unfixable';
  readonly what: string;
}

/** No key of a room looks like these. */
const theBot = '(bot)';
const thePeople = '(people)';
const heading = ['ROOM', 'FIELD', 'TREATMENT', 'WHAT'];

/** `bellhop deployment drift`: what somebody changed since, and how it is treated. */
export function driftCommand(context: CliContext): Command {
  const command = new Command('drift')
    .description('show what is not as the file says, and what becomes of it')
    .argument('[file]', 'deployment file; default: `deployment` of the configuration')
    .addHelpText(
      'after',
      '\nTreatment: enforce (the next apply sets it again), once (it is told and left), unfixable (the reason and the\nway out are told). What the file ignores is not shown. Exit code: 0 nothing drifted, 2 something did, 1 it\nfailed.',
    )
    .action(async (file: string | undefined) => {
      const globals = globalOptions(command);
      await lookOnly(context, globals, async () => {
        const { plan, people = [] } = await lookAtDeployment(context, globals, file);
        const drifts = [...(await driftsOf(plan)), ...people.map(driftOf)];
        context.stdout.write(globals.json === true ? asLines(drifts) : asTable(drifts));
        context.setExitCode(drifts.length === 0 ? 0 : unfinishedExit);
      });
    });
  return addExample(command, 'bellhop deployment drift', 'bellhop deployment drift --json');
}

const asLines = (drifts: readonly Drift[]): string =>
  drifts.map((drift) => `${JSON.stringify(drift)}\n`).join('');

function asTable(drifts: readonly Drift[]): string {
  if (drifts.length === 0) return 'No drift.\n';
  const rows = drifts.map(({ room, person, field = '', treatment, what }) => [
    room ?? (person === undefined ? theBot : thePeople),
    person ?? field,
    treatment,
    what,
  ]);
  return table([heading, ...rows]);
}

/** Whoever is held waits for somebody; all else the next apply brings about, or tries again. */
const driftOf = ({ personId, kind, text }: OwedPerson): Drift => ({
  room: undefined,
  person: personId,
  field: undefined,
  treatment: kind === 'held' ? 'unfixable' : 'enforce',
  what: text,
});

async function driftsOf({ bot, steps, findings }: Plan): Promise<Drift[]> {
  const { describeBotStep, describeStep } = await import(
    '../../../deployment/plan/describe-plan.ts'
  );
  const account = bot && {
    room: undefined,
    bot: bot.userId,
    field: undefined,
    treatment: 'enforce' as const,
    what: describeBotStep(bot).slice('bot: '.length),
  };
  const enforced = steps.map(
    (step): Drift => ({
      room: step.key,
      field: step.kind === 'set' ? step.field : undefined,
      treatment: 'enforce',
      what: describeStep(step).slice(`${step.key}: `.length),
    }),
  );
  const left = findings.flatMap(({ kind, key: room, field, reason, wayOut }): Drift[] => {
    if (kind === 'note') return [];
    const what = wayOut === undefined ? reason : `${reason} ${wayOut}`;
    return [{ room, field, treatment: kind === 'drift' ? 'once' : 'unfixable', what }];
  });
  return [...(account === undefined ? [] : [account]), ...enforced, ...left];
}

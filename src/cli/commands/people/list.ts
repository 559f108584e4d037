import { Command, Option } from 'commander';
import type { PersonView } from '../../../people/people-door.ts';
import type { PersonState } from '../../../people/person-record.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { type GlobalOptions, globalOptions } from '../../global-options.ts';
import { writeNote } from '../../results.ts';
import { needCount } from '../need-id.ts';
import { age } from '../outbox/age.ts';
import { table } from '../table.ts';
import { dataDirOption, type OpenedPeople, openPeople, type PeopleOptions } from './open-people.ts';

interface ListOptions extends PeopleOptions {
  readonly state?: PersonState;
  readonly limit: string;
  readonly after?: string;
}

/** As many as the ledger gives at once. */
const limitMax = 10_000;

const states: readonly PersonState[] = ['pending', 'applied', 'waiting', 'failed', 'held'];

const heading = ['ID', 'STANDING', 'ROLES', 'STATE', 'SINCE', 'WHY'];

/** `bellhop people list`: who is known, in the order of their ids. */
export function listCommand(context: CliContext): Command {
  const command = new Command('list')
    .description('show who is known, what is wanted, and how far it is')
    .addOption(new Option('--state <state>', 'only these').choices(states))
    .option('--limit <count>', 'at most so many', '1000')
    .option('--after <id>', 'only those after this one')
    .option(...dataDirOption)
    .action(async (options: ListOptions) => await list(context, command, options));
  return addExample(
    command,
    'bellhop people list',
    'bellhop people list --state held --json',
    'bellhop people list --data-dir /data/persistent/bellhop',
  );
}

async function list(context: CliContext, command: Command, options: ListOptions): Promise<void> {
  const globals = globalOptions(command);
  const limit = needCount('--limit', options.limit, limitMax);
  const opened = await openPeople(context, globals, options);
  const { readPeople } = await import('./use-people.ts');
  const { state, after } = options;
  const views =
    (await readPeople(opened, async (people) => await people.list({ after, limit, state }))) ?? [];
  await write(context, globals, views);
  if (views.length === 0 && state === undefined && after === undefined) {
    writeNote(context, globals, nobody(opened));
  }
  const last = views.at(-1);
  if (views.length === limit && last !== undefined) {
    writeNote(context, globals, `There may be more: --after ${last.personId} goes on.`);
  }
}

function nobody({ config, file }: OpenedPeople): string {
  const known = `Nobody is written down in ${config.dataDir} yet.`;
  const { size } = file.people.declared;
  if (size === 0) return known;
  return `${known} The deployment file names ${size}: \`bellhop people sync\` lets them in.`;
}

async function write(
  context: CliContext,
  globals: GlobalOptions,
  views: readonly PersonView[],
): Promise<void> {
  if (globals.json === true) {
    const { personJson } = await import('../../../gateway/person-json.ts');
    for (const view of views) context.stdout.write(`${JSON.stringify(personJson(view))}\n`);
    return;
  }
  if (views.length === 0) return;
  const { systemClock } = await import('../../../clock.ts');
  const now = systemClock.now();
  const rows = views.map((view) => [
    view.personId,
    view.standing,
    view.roles.join(' '),
    view.state,
    age(now - view.stateAt),
    view.detail ?? '',
  ]);
  context.stdout.write(table([heading, ...rows]));
}

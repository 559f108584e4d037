import { Command } from 'commander';
import { Failure } from '../../../errors.ts';
import type { PersonView } from '../../../people/people-door.ts';
import type { AuditEntry } from '../../../people/people-ledger.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { table } from '../table.ts';
import { dataDirOption, openPeople, type PeopleOptions } from './open-people.ts';

/** A person changes some times a year; the rest is what a loop has done. */
const historyLinesMax = 100;

/** `bellhop people show`: everything about one person. */
export function showCommand(context: CliContext): Command {
  const command = new Command('show')
    .description('show everything about a person')
    .argument('<id>', 'localpart, or name as its caller writes it')
    .option('--history', `also the last ${historyLinesMax} lines of the audit log`)
    .option(...dataDirOption)
    .action(async (id: string, options: PeopleOptions & { history?: boolean }) => {
      const globals = globalOptions(command);
      const opened = await openPeople(context, globals, options);
      const { personJson } = await import('../../../gateway/person-json.ts');
      const { readPeople } = await import('./use-people.ts');
      const found = await readPeople(opened, async (people) => ({
        person: await people.show(id),
        history: options.history === true ? await people.history(id, historyLinesMax) : undefined,
      }));
      const person: PersonView | undefined = found?.person;
      if (person === undefined) {
        throw new Failure('not_found', { detail: `Nothing was ever said of ${id}.` });
      }
      const fields = { ...personJson(person), history: found?.history?.map(historyJson) };
      context.stdout.write(globals.json === true ? `${JSON.stringify(fields)}\n` : asText(fields));
    });
  return addExample(command, 'bellhop people show anna --history');
}

const historyJson = ({ at, who, what, why, result }: AuditEntry) => ({
  at: new Date(at).toISOString(),
  who,
  what,
  why,
  result,
});

interface Shown extends Readonly<Record<string, unknown>> {
  readonly history: readonly ReturnType<typeof historyJson>[] | undefined;
}

function asText({ history = [], ...fields }: Shown): string {
  const rows = Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [`${name.replaceAll('_', ' ')}:`, textOf(value)]);
  const lines = history.map(({ at, who, what, why = '', result }) => [at, who, what, result, why]);
  const log =
    lines.length === 0 ? '' : `\n${table([['AT', 'WHO', 'WHAT', 'RESULT', 'WHY'], ...lines])}`;
  return table(rows) + log;
}

function textOf(value: unknown): string {
  if (Array.isArray(value)) return value.join(' ');
  return typeof value === 'string' ? value : JSON.stringify(value);
}

import { Command } from 'commander';
import { Failure } from '../../../errors.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { writeNote, writeResult } from '../../results.ts';
import { dataDirOption, openPeople, type PeopleOptions } from './open-people.ts';
import { whoAsks } from './who-asks.ts';

/** `bellhop people approve`: revocations that were too many at once go on. */
export function approveCommand(context: CliContext): Command {
  const command = new Command('approve')
    .description('let held revocations go on')
    .argument('<id...>', 'of people whose revocation is held')
    .option(...dataDirOption)
    .action(async (ids: readonly string[], options: PeopleOptions) => {
      const globals = globalOptions(command);
      const opened = await openPeople(context, globals, options);
      const { changePeople } = await import('./use-people.ts');
      const by = whoAsks();
      const approved = await changePeople(opened, async (door) => {
        const done: string[] = [];
        for (const id of ids) if (await door.approve(id, by)) done.push(id);
        return done;
      });
      for (const id of approved ?? []) {
        writeResult(context, globals, { json: { id, approved: true }, text: `approved ${id}` });
      }
      const others = ids.filter((id) => approved?.includes(id) !== true);
      if (others.length > 0) {
        throw new Failure('not_found', { problems: others.map((id) => `${id}: is not held`) });
      }
      writeNote(
        context,
        globals,
        'Whoever is running, `bellhop serve` or `bellhop rmapi`, goes on with them within 30 seconds.',
      );
    });
  return addExample(command, 'bellhop people approve anna', 'bellhop people list --state held');
}

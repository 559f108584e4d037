import { Command } from 'commander';
import type { EntryView } from '../../../outbox/entry.ts';
import type { RoomDirectory } from '../../../routing/room-directory.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { type GlobalOptions, globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeNote } from '../../results.ts';
import { needCount } from '../need-id.ts';
import { table } from '../table.ts';
import { age } from './age.ts';
import { addFilterOptions, type FilterOptions, filterOf } from './filter.ts';

interface ListOptions extends FilterOptions {
  readonly limit: string;
  readonly after?: string;
  readonly newest?: boolean;
}

/** As many as the outbox gives at once. */
const limitMax = 10_000;

const heading = ['ID', 'STATE', 'ROOM', 'AGE', 'TRIES', 'WHY'];

/** `bellhop outbox list`: where messages stand, oldest first. */
export function listCommand(context: CliContext): Command {
  const command = new Command('list').description('show where messages stand, oldest first');
  addFilterOptions(command)
    .option('--limit <count>', 'at most so many', '100')
    .option('--after <id>', 'only those after this one')
    .option('--newest', 'the last ones instead of the first')
    .action(async (options: ListOptions) => await list(context, command, options));
  return addExample(
    command,
    'bellhop outbox list --newest --limit 10',
    'bellhop outbox list --state dead --room ops',
    'bellhop outbox list --state queued,unknown --json',
  );
}

async function list(context: CliContext, command: Command, options: ListOptions): Promise<void> {
  const globals = globalOptions(command);
  const limit = needCount('--limit', options.limit, limitMax);
  const { systemClock } = await import('../../../clock.ts');
  const { readOutbox, roomsOf } = await import('./open-outbox.ts');
  const { config } = await openConfig(context, globals);
  const now = systemClock.now();
  const isThere = await readOutbox(config, false, async (store) => {
    const rooms = await roomsOf(config, store);
    const filter = filterOf(options, rooms, now);
    const { newest } = options;
    const after = options.after?.toUpperCase();
    const views = await store.entries({ ...filter, after, newest, limit });
    await write(context, globals, views, { rooms, now });
    const last = views.at(-1);
    if (views.length === limit && last !== undefined) {
      const note =
        newest === true
          ? 'There may be more before these: a larger --limit shows them.'
          : `There may be more: --after ${last.id} goes on, --newest shows the last ones.`;
      writeNote(context, globals, note);
    }
    return true;
  });
  if (!isThere) writeNote(context, globals, `There is no outbox in ${config.dataDir} yet.`);
}

async function write(
  context: CliContext,
  globals: GlobalOptions,
  views: readonly EntryView[],
  { rooms, now }: { readonly rooms: RoomDirectory; readonly now: number },
): Promise<void> {
  if (globals.json === true) {
    const { entryJson } = await import('../../../gateway/entry-json.ts');
    for (const view of views) {
      context.stdout.write(`${JSON.stringify(entryJson(view, rooms))}\n`);
    }
    return;
  }
  if (views.length === 0) return;
  const rows = views.map((view) => [
    view.id,
    view.state,
    rooms.nameOf(view.account, view.room) ?? view.room,
    age(now - view.createdAt),
    String(view.attempts),
    why(view),
  ]);
  context.stdout.write(table([heading, ...rows]));
}

function why({ reason, laneWaits, lastError, eventId }: EntryView): string {
  if (reason !== undefined) return lastError === undefined ? reason : `${reason}: ${lastError}`;
  return laneWaits ?? eventId ?? lastError ?? '';
}

import { Command } from 'commander';
import { entryJson } from '../../../gateway/entry-json.ts';
import type { EntryView } from '../../../outbox/entry.ts';
import type { RoomDirectory } from '../../../routing/room-directory.ts';
import type { ReadOnlyStore } from '../../../store/sqlite/open-read-only-store.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { table } from '../table.ts';

/** `bellhop outbox show`: everything about one message. */
export function showCommand(context: CliContext): Command {
  const command = new Command('show')
    .description('show everything about a message, and what to do if it is stuck')
    .argument('<id>', 'of a notification, or of one of its entries')
    .option('--content', 'also what it says')
    .action(async (id: string, options: { content?: boolean }) => {
      const globals = globalOptions(command);
      const { Failure } = await import('../../../errors.ts');
      const { entriesOf, readOutbox, roomsOf } = await import('./open-outbox.ts');
      const { config } = await openConfig(context, globals);
      const found = await readOutbox(config, undefined, async (store) => {
        const views = await entriesOf(store, id);
        const rooms = await roomsOf(config, store);
        const shown: Shown[] = [];
        for (const view of views) {
          shown.push(await describe(view, rooms, store, options.content === true));
        }
        return shown;
      });
      if (found === undefined) {
        throw new Failure('not_found', { detail: 'Nothing was ever accepted.' });
      }
      const write = globals.json === true ? asLine : asText;
      context.stdout.write(found.map(write).join(globals.json === true ? '' : '\n'));
    });
  return addExample(command, 'bellhop outbox show 01JZ8Q4T6E9Y3B5N7K2M0XVRWA --content');
}

type Shown = Readonly<Record<string, unknown>>;

async function describe(
  view: EntryView,
  rooms: RoomDirectory,
  store: ReadOnlyStore,
  withContent: boolean,
): Promise<Shown> {
  const fields: Shown = { ...entryJson(view, rooms) };
  const remedy = fields['remedy'] ?? remedyOf(view);
  if (!withContent) return { ...fields, remedy };
  const text = await store.content(view.id);
  const content: unknown = text === undefined ? undefined : JSON.parse(text);
  return { ...fields, remedy, content };
}

/** What a person can do about an entry that is still owed. */
function remedyOf({ state, laneWaits }: EntryView): string | undefined {
  if (laneWaits !== undefined) {
    return 'Mend what its lane waits for, then `bellhop outbox wake`; it is tried again by itself too.';
  }
  return state === 'queued'
    ? 'It is delivered by `bellhop serve`; `bellhop doctor` says whether one runs.'
    : undefined;
}

const asLine = (fields: Shown): string => `${JSON.stringify(fields)}\n`;

function asText(fields: Shown): string {
  const rows = Object.entries(fields)
    .filter(([name, value]) => value !== undefined && name !== 'content')
    .map(([name, value]) => [`${name.replaceAll('_', ' ')}:`, String(value)]);
  const content = fields['content'];
  const body = content === undefined ? '' : `${JSON.stringify(content, undefined, 2)}\n`;
  return table(rows) + body;
}

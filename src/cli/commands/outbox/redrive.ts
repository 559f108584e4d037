import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import type { Config } from '../../../config/config.ts';
import { Failure } from '../../../errors.ts';
import type { EntryState, EntryView } from '../../../outbox/entry.ts';
import type { SqliteStore } from '../../../store/sqlite/sqlite-store.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { addFilterOptions, type FilterOptions, filterOf } from './filter.ts';
import { type OperationResult, operationResult, reportResults } from './operation-result.ts';

interface RedriveOptions extends FilterOptions {
  readonly all?: boolean;
  readonly force?: boolean;
}

/** Entries that are read at once. */
const pageMax = 500;

const redrivable: readonly EntryState[] = ['dead', 'cancelled', 'expired'];

/** `bellhop outbox redrive`: what ended without delivery is sent once more. */
export function redriveCommand(context: CliContext): Command {
  const command = new Command('redrive')
    .description('put copies of dead, cancelled or expired messages at the end of their lanes')
    .argument('[id...]', 'of notifications or entries; or choose with the options');
  addFilterOptions(command)
    .option('--all', 'all that --state names, when nothing else narrows it')
    .option('--force', 'ambiguous ones too, which then may be there twice')
    .action(async (ids: readonly string[], options: RedriveOptions) => {
      const globals = globalOptions(command);
      requireChoice(ids, options);
      const { config } = await openConfig(context, globals);
      const results = await redriveAll(config, ids, options);
      reportResults(context, globals, 'redriven', results);
    });
  return addExample(
    command,
    'bellhop outbox redrive 01JZ8Q4T6E9Y3B5N7K2M0XVRWA',
    'bellhop outbox redrive --state dead --room ops',
    'bellhop outbox redrive --state dead --all',
  );
}

/** @throws Failure usage unless it is clear which are meant */
function requireChoice(ids: readonly string[], options: RedriveOptions): void {
  const { state, room, source, olderThan, all } = options;
  const isFiltered = [state, room, source, olderThan, all].some((wish) => wish !== undefined);
  if (ids.length > 0) {
    if (!isFiltered) return;
    throw new Failure('usage', { detail: 'Give either ids or options that choose, not both.' });
  }
  if (state === undefined) {
    throw new Failure('usage', { detail: 'Give an id, or choose with --state.' });
  }
  const wrong = state.find((one) => !redrivable.includes(one));
  if (wrong !== undefined) {
    throw new Failure('usage', {
      detail: `What is ${wrong} cannot be redriven; --state takes ${redrivable.join(', ')} here.`,
    });
  }
  if ([room, source, olderThan, all].every((wish) => wish === undefined)) {
    throw new Failure('usage', { detail: 'Add --all, or narrow it with --room or --source.' });
  }
}

async function redriveAll(
  config: Config,
  ids: readonly string[],
  options: RedriveOptions,
): Promise<OperationResult[]> {
  const { systemClock } = await import('../../../clock.ts');
  const { createIds } = await import('../../../outbox/new-id.ts');
  const { changeOutbox } = await import('./open-outbox.ts');
  const fresh = createIds(systemClock, randomBytes);
  return await changeOutbox(config, async (store) => {
    const results: OperationResult[] = [];
    for await (const { id } of chosen(store, config, ids, options)) {
      const names = { id: fresh.notification(), txnId: fresh.txn() };
      const force = options.force === true;
      const result = await store.redrive(id, names, force, systemClock.now());
      results.push(operationResult(id, result));
    }
    return results;
  });
}

async function* chosen(
  store: SqliteStore,
  config: Config,
  ids: readonly string[],
  options: RedriveOptions,
): AsyncGenerator<EntryView> {
  const { systemClock } = await import('../../../clock.ts');
  const { entriesOf, roomsOf } = await import('./open-outbox.ts');
  for (const id of ids) yield* await entriesOf(store, id);
  if (ids.length > 0) return;
  const filter = filterOf(options, await roomsOf(config, store), systemClock.now());
  let after: string | undefined;
  for (;;) {
    // Copies are queued, so they are not chosen again, and the pages come to an end.
    const page = await store.entries({ ...filter, after, limit: pageMax });
    yield* page;
    after = page.at(-1)?.id;
    if (page.length < pageMax) return;
  }
}

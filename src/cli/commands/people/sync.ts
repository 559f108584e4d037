import { Command } from 'commander';
import type { DeploymentFile } from '../../../app/deployment/read-deployment-file.ts';
import type { Config } from '../../../config/config.ts';
import type { PeopleReader } from '../../../people/people-door.ts';
import type { PersonState } from '../../../people/person-record.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { type GlobalOptions, globalOptions } from '../../global-options.ts';
import { writeResult } from '../../results.ts';
import { botNotes } from '../deployment/bot-notes.ts';
import { openDeploymentFile } from '../deployment/open-deployment-file.ts';
import { unfinishedExit } from '../deployment/plan-exit.ts';
import { describeCounts } from './describe-counts.ts';

type Counts = Readonly<Record<PersonState, number>>;

/** As long as the daemon promises to need, with its homeserver there. */
const daemonMsMax = 60_000;
const pollMs = 250;
const pageLimit = 1_000;

/** `bellhop people sync`: rooms and people become what is wanted, now. */
export function syncCommand(context: CliContext): Command {
  const command = new Command('sync')
    .description('bring rooms and people to what is wanted, now')
    .addHelpText(
      'after',
      '\nA running daemon is asked to, with the token of the first operator; else it is done here. Exit code: 0\nnothing is left but people who have no account yet, 2 somebody is pending, failed or held.',
    )
    .action(async () => {
      const globals = globalOptions(command);
      const { config, file } = await openDeploymentFile(context, globals, undefined);
      const counts =
        (await throughDaemon(context, config, file)) ??
        (await directly(context, globals, { config, file }));
      writeCounts(context, globals, counts);
    });
  return addExample(command, 'bellhop people sync');
}

/** Undefined: no daemon is running. */
async function throughDaemon(
  context: CliContext,
  config: Config,
  file: DeploymentFile,
): Promise<Counts | undefined> {
  if (config.operators.size === 0) return undefined;
  const { callDaemon } = await import('../outbox/call-daemon.ts');
  const { needDone } = await import('../outbox/need-done.ts');
  const { operatorToken } = await import('../outbox/operator-token.ts');
  const { readPeople } = await import('./use-people.ts');
  const token = await operatorToken(config);
  const answer = await callDaemon(context, config, '/v1/wake', token);
  if (answer === undefined) return undefined;
  needDone(answer);
  return await readPeople({ config, file }, async (people) => {
    await nobodyPending(context, people);
    return await countStates(people);
  });
}

async function nobodyPending(context: CliContext, people: PeopleReader): Promise<void> {
  const { pause, systemClock } = await import('../../../clock.ts');
  const deadline = systemClock.monotonic() + daemonMsMax;
  while (systemClock.monotonic() < deadline && !context.signal.aborted) {
    const pending = await people.list({ limit: 1, state: 'pending' });
    if (pending.length === 0) return;
    await pause(systemClock, pollMs, context.signal);
  }
}

async function countStates(people: PeopleReader): Promise<Counts> {
  const counts = { pending: 0, applied: 0, waiting: 0, failed: 0, held: 0 };
  let after: string | undefined;
  for (;;) {
    const page = await people.list({ after, limit: pageLimit });
    for (const { state } of page) counts[state] += 1;
    after = page.at(-1)?.personId;
    if (page.length < pageLimit) return counts;
  }
}

async function directly(
  context: CliContext,
  globals: GlobalOptions,
  { config, file }: { readonly config: Config; readonly file: DeploymentFile },
): Promise<Counts> {
  const { syncPeople } = await import('../../../app/deployment/sync-people.ts');
  const { signal } = context;
  const call = { command: 'bellhop people sync', signal, onEvent: botNotes(context, globals) };
  return (await syncPeople(config, file, call)).people;
}

function writeCounts(context: CliContext, globals: GlobalOptions, counts: Counts): void {
  const { pending, failed, held } = counts;
  writeResult(context, globals, { json: { people: counts }, text: describeCounts(counts) });
  context.setExitCode(pending + failed + held > 0 ? unfinishedExit : 0);
}

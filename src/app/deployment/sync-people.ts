import { join } from 'node:path';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import type { BotEvent } from '../../deployment/bot/bot-event.ts';
import { Failure } from '../../errors.ts';
import { declarePeople } from '../../people/file/declare-people.ts';
import type { RoundReport } from '../../people/people-events.ts';
import type { PeopleLedger } from '../../people/people-ledger.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { takeOwnership } from '../../store/owner-lock.ts';
import { openInlineStore } from '../../store/sqlite/open-inline-store.ts';
import { matrixFailure } from '../matrix-failure.ts';
import { thisProcess } from '../this-process.ts';
import { botFailure } from './bot-failure.ts';
import { DeploymentRun } from './deployment-run.ts';
import type { DeploymentFile } from './read-deployment-file.ts';
import { silentDeploymentEvents } from './silent-deployment-events.ts';

export interface SyncCall {
  /** What it calls itself as the owner of the data directory. */
  readonly command: string;
  readonly signal: AbortSignal;
  /** What was done to the bot's account. */
  readonly onEvent: (event: BotEvent) => void;
}

/** A thousand people who are all new, at a few requests each. */
const syncMsMax = 10 * 60_000;
/** Only says how long a look at the rooms stays fresh: a command takes one. */
const intervalMs = 30_000;

/**
 * Brings rooms and people to what is wanted, once and to the end, as the owner of the data directory; it does not wait
 * for a homeserver that is away.
 * @throws Failure data_dir_owned, data_dir_unusable, storage_*, homeserver_unreachable and what else keeps the bot away
 */
export async function syncPeople(
  config: Pick<Config, 'dataDir' | 'limits'>,
  file: DeploymentFile,
  call: SyncCall,
): Promise<RoundReport> {
  const dir = openDataDir(config.dataDir);
  const ownership = takeOwnership(dir, thisProcess(call.command));
  try {
    const { queuedMax: queued, queuedPerSourceMax: queuedPerSource } = config.limits;
    const store = openInlineStore({
      file: join(dir, 'outbox.db'),
      limits: { queued, queuedPerSource },
      clock: systemClock,
    });
    try {
      await declarePeople(file.people.declared, { ledger: store.people, clock: systemClock });
      return await oneRound(file, store.people, call);
    } finally {
      await store.close();
    }
  } finally {
    ownership.release();
  }
}

async function oneRound(
  file: DeploymentFile,
  ledger: PeopleLedger,
  { signal, onEvent }: SyncCall,
): Promise<RoundReport> {
  const givenUp = new AbortController();
  const run = new DeploymentRun(file, {
    ledger,
    clock: systemClock,
    intervalMs,
    events: {
      ...silentDeploymentEvents,
      bot: (event) => {
        if (event.kind === 'waiting') givenUp.abort(botFailure(event.trouble, event.detail));
        else onEvent(event);
      },
    },
  });
  try {
    const late = AbortSignal.timeout(syncMsMax);
    return await run.round(AbortSignal.any([signal, givenUp.signal, late]));
  } catch (thrown) {
    if (givenUp.signal.reason instanceof Failure) throw givenUp.signal.reason;
    throw matrixFailure(thrown);
  } finally {
    await run.stop();
  }
}

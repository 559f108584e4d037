import { hostname } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/config.ts';
import { type EntryState, isPending } from '../../outbox/entry.ts';
import type { Counts } from '../../outbox/outbox.ts';
import { type Holder, namedHolder } from '../../store/owner-lock.ts';
import { openReadOnlyStore, type ReadOnlyStore } from '../../store/sqlite/open-read-only-store.ts';
import { type Finding, failed, ok, warn } from './finding.ts';

/** Lanes that are looked at one by one; more do not tell a person more. */
const lanesShownMax = 20;
/** A lane's first entries; several accounts may stand in one room. */
const entriesPerLaneMax = 20;
/** This share of the queue's limit, and callers will soon be refused. */
const fullShare = 0.8;
const msPerMinute = 60_000;

function isAlive({ pid, host }: Holder): boolean {
  // Nothing can be told of a process on another host, as of one in another container.
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (cause) {
    return cause instanceof Error && 'code' in cause && cause.code === 'EPERM';
  }
}

function ownerOf(dataDir: string): Finding {
  const holder = namedHolder(dataDir);
  if (holder === undefined || !isAlive(holder)) {
    return ok('owner', 'no daemon is running; the next `serve` or `send` delivers what is owed');
  }
  const since = new Date(holder.startedAt).toISOString();
  return ok('owner', `\`${holder.command}\`, process ${holder.pid}, since ${since}`);
}

const sum = (counts: Counts, wanted: (state: EntryState) => boolean): number =>
  counts.entries
    .filter(({ state }) => wanted(state))
    .reduce((total, { count }) => total + count, 0);

function queueOf(counts: Counts, config: Config, now: number): Finding[] {
  const owed = sum(counts, isPending);
  const dead = sum(counts, (state) => state === 'dead');
  const { queuedMax } = config.limits;
  const minutes = Math.round((now - (counts.oldestPendingAt ?? now)) / msPerMinute);
  const words = owed === 0 ? 'nothing is owed' : `${owed} owed, the oldest since ${minutes} min`;
  const queue =
    owed >= queuedMax * fullShare
      ? warn(
          'queue',
          `${words}; callers are refused at ${queuedMax}`,
          'See what its lanes wait for.',
        )
      : ok('queue', words);
  if (dead === 0) return [queue];
  const remedy = 'See why with `bellhop outbox list --state dead`, then redrive or purge them.';
  return [queue, warn('dead messages', `${dead}`, remedy)];
}

async function waitingLanes(store: ReadOnlyStore): Promise<Finding[]> {
  const findings: Finding[] = [];
  const lanes = await store.lanesWithWork();
  for (const { key } of lanes.slice(0, lanesShownMax)) {
    const states = ['queued', 'unknown'] as const;
    const views = await store.entries({ states, room: key.room, limit: entriesPerLaneMax });
    const first = views.find(
      (view) => view.account === key.account && view.laneWaits !== undefined,
    );
    if (first === undefined) continue;
    const remedy = `Mend it, then \`bellhop outbox wake\`; \`bellhop outbox show ${first.id}\` tells more.`;
    const lane = `account ${key.account} in ${key.room}`;
    findings.push(warn('waiting', `${lane}: ${first.laneWaits}`, remedy));
  }
  return findings;
}

/** Whether the outbox can be read, who owns it, and what it owes. Nothing is written. */
export async function checkStore(config: Config): Promise<Finding[]> {
  const file = join(config.dataDir, 'outbox.db');
  try {
    const store = openReadOnlyStore(file, systemClock);
    if (store === undefined) {
      return [ok('outbox', `${file} is not there yet; the first message makes it`)];
    }
    try {
      const counts = await store.counts();
      return [
        ok('outbox', `${file} can be read and is of this version`),
        ownerOf(config.dataDir),
        ...queueOf(counts, config, systemClock.now()),
        ...(await waitingLanes(store)),
      ];
    } finally {
      await store.close();
    }
  } catch (thrown) {
    return [failed('outbox', thrown)];
  }
}

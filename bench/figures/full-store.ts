import { join } from 'node:path';
import { systemClock } from '../../src/clock.ts';
import type { LaneId, Submission } from '../../src/outbox/outbox.ts';
import { openDataDir } from '../../src/store/data-dir.ts';
import { openSqliteStore } from '../../src/store/sqlite/open-sqlite-store.ts';
import { type BenchHouse, makeHouse, notificationRequests, startDaemon } from '../parts/daemon.ts';
import { type Figure, median, round } from '../parts/figure.ts';
import { flood } from '../parts/raw-load.ts';

const emptyPort = 18_505;
const fullPort = 18_506;
const deadPort = 9;
const rooms = 50;
const kept = 1_000_000;
const queued = 100_000;
const batch = 2_000;
const rounds = 5;
const roundMs = 3_000;

function submission(n: number): Submission {
  const id = n.toString(32).toUpperCase().padStart(26, '0');
  const content = JSON.stringify({ msgtype: 'm.text', body: 'x'.repeat(300), 'm.mentions': {} });
  const lane = { account: 'main', room: `!r${n % rooms}` };
  return {
    id,
    source: 'bench',
    createdAt: systemClock.now(),
    entries: [{ lane, txnId: `bh-${id}-1`, type: 'm.room.message', content }],
  };
}

/** Fills a store as years of use would: most of it delivered and kept, some of it owed. */
async function fill(house: BenchHouse): Promise<void> {
  const dir = openDataDir(join(house.dir, 'data'));
  const limits = { queued: kept + queued, queuedPerSource: kept + queued };
  const store = await openSqliteStore({ file: join(dir, 'outbox.db'), limits, clock: systemClock });
  for (let from = 0; from < kept + queued; from += batch) {
    await Promise.all(Array.from({ length: batch }, (_, i) => store.accept(submission(from + i))));
    if (from >= kept) continue;
    const lanes = await store.lanesWithWork();
    const claimed = await Promise.all(lanes.map(({ id }) => claimAll(store, id)));
    const at = systemClock.now();
    const entries = claimed.flat();
    await store.settle(
      entries.map(({ seq, id }) => ({ seq, state: 'delivered', eventId: `$${id}`, at })),
    );
    await Promise.all(lanes.map(({ id }) => store.release(id, undefined)));
  }
  await store.close();
}

async function claimAll(store: Awaited<ReturnType<typeof openSqliteStore>>, lane: LaneId) {
  const target = { roomId: '!r', deviceId: 'BENCH' };
  return await store.claim(lane, 0, target, batch, systemClock.now());
}

/** Accept rate with a long history and a long queue, against an empty store. */
export async function fullStoreFigure(): Promise<Figure> {
  const requests = notificationRequests(rooms);
  const full = makeHouse(fullPort, deadPort, rooms);
  await fill(full);
  const empty = makeHouse(emptyPort, deadPort, rooms);
  const daemons = [await startDaemon(full), await startDaemon(empty)];
  const rates: number[] = [];
  const emptyRates: number[] = [];
  const load = { connections: 64, forMs: roundMs, requests };
  for (let n = 0; n < rounds; n++) {
    rates.push((await flood({ ...load, port: fullPort })).perSecond);
    emptyRates.push((await flood({ ...load, port: emptyPort })).perSecond);
  }
  for (const daemon of daemons) await daemon.stop('SIGKILL');
  full.remove();
  empty.remove();
  const ratios = rates.map((rate, n) => rate / (emptyRates[n] ?? Number.NaN));
  return {
    name: 'accept with 1,000,000 kept and 100,000 queued rows / with an empty store',
    value: round(median(ratios)),
    unit: '×',
    bound: { kind: 'at least', value: 0.5 },
    detail: `${round(median(rates), 0)}/s against ${round(median(emptyRates), 0)}/s`,
  };
}

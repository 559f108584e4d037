import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach } from 'vitest';
import type { LaneKey } from '../outbox/entry.ts';
import type { ClaimedEntry, Outbox, Target } from '../outbox/outbox.ts';
import { openInlineStore } from '../store/sqlite/open-inline-store.ts';
import type { ManualClock } from '../testing/manual-clock.ts';
import type { DeliveryEvents } from './delivery-events.ts';
import type { Outcome } from './outcome.ts';
import type { Completion, Finding, Opening, Sender } from './sender.ts';

export const silent: DeliveryEvents = {
  attempted: () => undefined,
  settled: () => undefined,
  laneWaits: () => undefined,
  roomUpgraded: () => undefined,
  storeFailed: () => undefined,
};

/** A homeserver reduced to what matters here: it takes each transaction id once, and misbehaves as told. */
export class ScriptedSender implements Sender {
  /** Transaction ids in the order in which each room first took them. */
  readonly taken: Map<string, string[]> = new Map();
  readonly #script: (entry: ClaimedEntry) => Outcome['kind'] | 'taken-unanswered';
  requests = 0;

  constructor(script: (entry: ClaimedEntry) => Outcome['kind'] | 'taken-unanswered') {
    this.#script = script;
  }

  domain(): string {
    return 'https://hs';
  }

  async open(key: LaneKey): Promise<Opening> {
    return { ok: true, target: { roomId: key.room, deviceId: 'DEV' } };
  }

  mayLeaveAsAccepted(): boolean {
    return true;
  }

  mustComplete(): boolean {
    return false;
  }

  async complete(entry: ClaimedEntry): Promise<Completion> {
    return { ok: true, content: entry.content.toString(), sealed: false };
  }

  async lookUp(): Promise<Finding> {
    return { kind: 'absent' };
  }

  async send(entry: ClaimedEntry, target: Target): Promise<Outcome> {
    this.requests++;
    await new Promise<void>((resolve) => setImmediate(resolve));
    const error = 'scripted';
    const kind = this.#script(entry);
    switch (kind) {
      case 'delivered':
        this.#take(target.roomId, entry.txnId);
        return { kind, eventId: `$${entry.txnId}` };
      case 'taken-unanswered':
        this.#take(target.roomId, entry.txnId);
        return { kind: 'failed', error, unknown: true };
      case 'limited':
        return { kind, retryAfterMs: 3_000, error };
      case 'failed':
        return { kind, error, unknown: false };
      case 'dead':
        return { kind, reason: 'invalid', error };
      case 'away':
      case 'room-closed':
      case 'cannot-encrypt':
      case 'account-blocked':
        return { kind, error };
    }
  }

  #take(room: string, txnId: string): void {
    const taken = this.taken.get(room) ?? [];
    if (!taken.includes(txnId)) taken.push(txnId);
    this.taken.set(room, taken);
  }
}

const dirs: string[] = [];
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true });
});

export const limits = { queued: 100_000, queuedPerSource: 100_000 };

/** Where a database may be made; it goes after the test. */
export function newFile(): string {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-dispatcher-'));
  dirs.push(dir);
  return join(dir, 'outbox.db');
}

export function openOutbox(clock: ManualClock): Outbox {
  return openInlineStore({ file: newFile(), limits, clock });
}

let lastId = 0;
/** Accepts one submission with an entry for each of these rooms; their transaction ids. */
export async function accept(
  outbox: Outbox,
  rooms: readonly string[],
  createdAt: number,
): Promise<string[]> {
  const id = `01${String(++lastId).padStart(24, '0')}`;
  const entries = rooms.map((room, i) => ({
    lane: { account: 'main', room },
    txnId: `${id}.${i}`,
    type: 'm.room.message',
    content: '{"body":"x","msgtype":"m.text"}',
  }));
  await outbox.accept({ id, source: 's', createdAt, entries });
  return entries.map((entry) => entry.txnId);
}

/** Moves time on until nothing is owed. */
export async function settleAll(outbox: Outbox, clock: ManualClock): Promise<void> {
  for (let round = 0; round < 5_000; round++) {
    for (let turn = 0; turn < 20; turn++) {
      await new Promise<void>((resolve) => setImmediate(resolve));
    }
    const counts = await outbox.counts();
    if (counts.oldestPendingAt === undefined) return;
    clock.advance(10_000);
  }
  throw new Error('entries are still owed after half a day');
}

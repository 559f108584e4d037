import type { RoomMemory, RoomRecord } from '../../delivery/room-memory.ts';
import type { EntryView, StoredAttachment } from '../../outbox/entry.ts';
import type {
  Acceptance,
  ClaimedEntry,
  Counts,
  EntryFilter,
  Lane,
  LaneId,
  OperatorResult,
  Outbox,
  Postponement,
  Settlement,
  Submission,
  Target,
  Work,
} from '../../outbox/outbox.ts';
import type { PeopleLedger } from '../../people/people-ledger.ts';
import { acceptanceOf } from './acceptance.ts';
import { claimedEntry, coveredEntry } from './claimed-entry.ts';
import type { Executor } from './executor.ts';
import type { AcceptReply } from './operations/accept.ts';
import { endOf } from './operations/settle.ts';
import { OutsideChanges } from './outside-changes.ts';
import { SettlementWatch } from './settlement-watch.ts';
import { SqlitePeopleLedger } from './sqlite-people-ledger.ts';
import { defaultPollMs, type SqliteStoreOptions } from './store-options.ts';
import { storedAttachment } from './stored-attachment.ts';
import { storedSubmission } from './stored-submission.ts';
import { WorkBell } from './work-bell.ts';

/** The outbox, the memory of rooms and the people in one SQLite database. */
export class SqliteStore implements Outbox, RoomMemory {
  readonly people: PeopleLedger;
  readonly #file: string;
  readonly #executor: Executor;
  readonly #watch: SettlementWatch;
  readonly #bell = new WorkBell();
  readonly #outside: OutsideChanges;
  /** What the last look outside saw. */
  #seen: { readonly dataVersion: number; readonly losses: number } | undefined;

  constructor(executor: Executor, options: SqliteStoreOptions) {
    this.#file = options.file;
    this.#executor = executor;
    this.people = new SqlitePeopleLedger(executor);
    this.#watch = new SettlementWatch(executor);
    const pollMs = options.pollMs ?? defaultPollMs;
    this.#outside = new OutsideChanges(options.clock, pollMs, () => this.#lookOutside());
  }

  /** How many transactions were committed since it was opened. */
  get commits(): number {
    return this.#executor.commits;
  }

  async accept(submission: Submission): Promise<Acceptance> {
    const reply = await this.#executor.run('accept', storedSubmission(submission));
    if (reply.kind === 'accepted' && this.#bell.isBusy) this.#ring(submission, reply);
    return acceptanceOf(submission, reply);
  }

  async entries(filter: EntryFilter): Promise<EntryView[]> {
    return await this.#executor.run('entries', filter);
  }

  async content(entryId: string): Promise<string | undefined> {
    return await this.#executor.run('content', entryId);
  }

  async counts(): Promise<Counts> {
    return await this.#executor.run('counts');
  }

  async cancel(entryId: string, now: number): Promise<OperatorResult> {
    const result = await this.#executor.run('cancel', entryId, now);
    if (result.ok) await this.#watch.recheck();
    return result;
  }

  async redrive(
    entryId: string,
    fresh: { id: string; txnId: string },
    force: boolean,
    now: number,
  ): Promise<OperatorResult> {
    const { result, lane } = await this.#executor.run('redrive', entryId, { fresh, force, now });
    if (lane !== undefined) this.#bell.ring(lane);
    return result;
  }

  async purge(
    before: { readonly delivered: number; readonly other: number },
    limit: number,
  ): Promise<number> {
    return await this.#executor.run('purge', before, limit);
  }

  async backup(path: string): Promise<void> {
    const { backupDatabase } = await import('./backup.ts');
    await backupDatabase(this.#file, path);
  }

  async lanesWithWork(): Promise<Lane[]> {
    return await this.#executor.run('lanesWithWork');
  }

  async claim(
    lane: LaneId,
    afterSeq: number,
    target: Target,
    limit: number,
    now: number,
  ): Promise<ClaimedEntry[]> {
    const rows = await this.#executor.run('claim', lane, { afterSeq, target, limit, now });
    return rows.map(claimedEntry);
  }

  async attachment(seq: number): Promise<StoredAttachment | undefined> {
    const row = await this.#executor.run('readAttachment', seq);
    if (row === undefined) return undefined;
    return storedAttachment(row, (fileId, ordinal) =>
      this.#executor.run('readFileChunk', fileId, ordinal),
    );
  }

  async complete(seq: number, content: Buffer, sealedFor?: Target): Promise<void> {
    await this.#executor.run('complete', seq, content, sealedFor);
  }

  async settle(settlements: readonly Settlement[]): Promise<void> {
    if (settlements.length === 0) return;
    await this.#executor.run('settle', settlements.map(endOf));
    if (this.#watch.isBusy) this.#watch.noteSettled(settlements.map(({ seq }) => seq));
  }

  async noteAbsent(seq: number, since: number, target: Target): Promise<void> {
    await this.#executor.run('noteAbsent', seq, since, target);
  }

  async postpone(postponement: Postponement): Promise<void> {
    await this.#executor.run('postpone', postponement);
  }

  async release(lane: LaneId, waits: string | undefined): Promise<void> {
    await this.#executor.run('release', lane, waits);
  }

  async noteWait(lane: LaneId, waits: string): Promise<void> {
    await this.#executor.run('noteWait', lane, waits);
  }

  /**
   * Makes unknown what an earlier owner had claimed and not let go; how many entries. The owner of the data directory
   * calls it once, before anything is claimed.
   */
  async recover(): Promise<number> {
    return await this.#executor.run('recover');
  }

  async isKnownEvent(eventId: string): Promise<boolean> {
    return await this.#executor.run('isKnownEvent', eventId);
  }

  async eventIdOf(entryId: string): Promise<string | undefined> {
    return await this.#executor.run('eventIdOf', entryId);
  }

  onWork(listener: (work: readonly Work[]) => void): () => void {
    const end = this.#bell.listen(listener);
    this.#outside.start();
    return end;
  }

  async whenSettled(ids: readonly string[], signal: AbortSignal): Promise<EntryView[]> {
    const settled = this.#watch.whenSettled(ids, signal);
    this.#outside.start();
    return await settled;
  }

  async rooms(): Promise<RoomRecord[]> {
    return await this.#executor.run('rooms');
  }

  async remember(record: RoomRecord): Promise<void> {
    await this.#executor.run('remember', record);
  }

  async markEncrypted(roomId: string): Promise<void> {
    await this.#executor.run('markEncrypted', roomId);
  }

  async close(): Promise<void> {
    this.#outside.close();
    await this.#executor.close(this.#watch.close());
  }

  #ring(submission: Submission, { laneIds, covered }: AcceptReply & { kind: 'accepted' }) {
    for (const [index, entry] of submission.entries.entries()) {
      const lane = { id: laneIds[index] as LaneId, key: entry.lane };
      this.#bell.ring(lane, covered && coveredEntry(submission, entry, covered));
    }
  }

  async #lookOutside(): Promise<boolean> {
    const dataVersion = await this.#executor.run('dataVersion');
    // A thread that was lost may have written what nobody was told of, and its successor counts versions anew.
    const { losses } = this.#executor;
    if (dataVersion !== this.#seen?.dataVersion || losses !== this.#seen.losses) {
      await this.#watch.recheck();
      if (this.#bell.isBusy) {
        for (const lane of await this.#executor.run('lanesWithWork')) this.#bell.ring(lane);
      }
      this.#seen = { dataVersion, losses };
    }
    return this.#watch.isBusy || this.#bell.isBusy;
  }
}

import type { Clock } from '../../clock.ts';
import type { EventId } from '../../matrix/ids.ts';
import { AnswerMemory } from './answer-memory.ts';
import type { Caller } from './users.ts';

interface Row {
  readonly eventId: EventId;
  readonly atMs: number;
}

/** Synapse deletes rows that are older than a day. */
const rowAgeMsMax = 24 * 3_600_000;

/**
 * Which transaction ids were used, as Synapse knows it: answers in memory by path, user and device, and rows on disk by
 * user, device, room and transaction id. Neither event type nor content is part of a row. A restart loses the memory,
 * a logout of the device its rows; a token without a device has no rows at all.
 */
export class Transactions {
  readonly #clock: Clock;
  readonly #memory: AnswerMemory<EventId>;
  readonly #rows = new Map<string, Map<string, Row>>();

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#memory = new AnswerMemory(clock);
  }

  /** The answer in memory to the same request of the same caller. */
  remembered(caller: Caller, path: string): EventId | undefined {
    return this.#memory.get(caller, path);
  }

  /** The event of a row on disk. */
  persisted(caller: Caller, roomId: string, txnId: string): EventId | undefined {
    if (caller.deviceId === undefined) return undefined;
    const row = this.#rows
      .get(deviceKey(caller.userId, caller.deviceId))
      ?.get(rowKey(roomId, txnId));
    if (row === undefined || this.#clock.now() - row.atMs > rowAgeMsMax) return undefined;
    return row.eventId;
  }

  remember(caller: Caller, path: string, eventId: EventId): void {
    this.#memory.set(caller, path, eventId);
  }

  persist(caller: Caller, roomId: string, txnId: string, eventId: EventId): void {
    if (caller.deviceId === undefined) return;
    const device = deviceKey(caller.userId, caller.deviceId);
    let rows = this.#rows.get(device);
    if (rows === undefined) {
      rows = new Map();
      this.#rows.set(device, rows);
    }
    rows.set(rowKey(roomId, txnId), { eventId, atMs: this.#clock.now() });
  }

  /** What happens on disk when a device goes. */
  deleteDevice(userId: string, deviceId: string): void {
    this.#rows.delete(deviceKey(userId, deviceId));
  }

  /** What a restart does. */
  forgetMemory(): void {
    this.#memory.clear();
  }
}

const deviceKey = (userId: string, deviceId: string): string => `${userId}\n${deviceId}`;
const rowKey = (roomId: string, txnId: string): string => `${roomId}\n${txnId}`;

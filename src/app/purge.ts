import type { Clock } from '../clock.ts';
import type { Config } from '../config/config.ts';
import type { DeliveryEvents } from '../delivery/delivery-events.ts';
import type { OutboxOperator } from '../outbox/outbox.ts';

/** How often old rows are looked for, in milliseconds: what is kept for days may stay a minute longer. */
const purgeEveryMs = 60_000;
/** Rows of one step; some 10 ms of the writer's time. */
const rowsPerStepMax = 500;
/** Between two steps the writer serves others for this long, in milliseconds. */
const betweenStepsMs = 50;

/** Deletes what was kept long enough, in steps small enough that nobody notices. The returned function ends it. */
export function purgePeriodically(
  outbox: Pick<OutboxOperator, 'purge'>,
  clock: Clock,
  retention: () => Config<unknown>['retention'],
  events: Pick<DeliveryEvents, 'storeFailed'>,
): () => void {
  let isOver = false;
  let cancel: () => void = () => undefined;
  const step = async (): Promise<void> => {
    const { deliveredMs, deadMs } = retention();
    const now = clock.now();
    const before = (ageMs: number | undefined) => (ageMs === undefined ? 0 : now - ageMs);
    let purged = 0;
    try {
      const times = { delivered: before(deliveredMs), other: before(deadMs) };
      purged = await outbox.purge(times, rowsPerStepMax);
    } catch (cause) {
      events.storeFailed({ lane: undefined, cause });
    }
    if (!isOver) arm(purged === rowsPerStepMax ? betweenStepsMs : purgeEveryMs);
  };
  const arm = (delayMs: number): void => {
    cancel = clock.after(delayMs, () => void step());
  };
  arm(purgeEveryMs);
  return () => {
    isOver = true;
    cancel();
  };
}

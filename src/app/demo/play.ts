import { pause, systemClock } from '../../clock.ts';
import type { EntryView } from '../../outbox/entry.ts';
import type { DemoRequest } from './demo-requests.ts';
import type { Stage } from './stage.ts';

/** One step takes milliseconds, the return of the homeserver a few seconds; beyond this something is wrong. */
const stepMsMax = 15_000;
/** Between two looks at the outbox, in milliseconds: often enough that nobody waits for it. */
const lookEveryMs = 20;

/** More entries than the demo ever has. */
const demoEntriesMax = 100;

/** A request that was answered, and what the outbox made of it. */
export interface Played {
  readonly request: DemoRequest;
  readonly status: number;
  readonly durationMs: number;
  /** The first line of the answer. */
  readonly answer: string;
  readonly entryId: string;
}

/** Ends a step: when the user wants to stop, or when it takes too long. */
export function stepLimit(signal: AbortSignal): AbortSignal {
  return AbortSignal.any([signal, AbortSignal.timeout(stepMsMax)]);
}

/** Sends one request and finds what was kept of it. @throws Error when nothing was */
export async function play(
  stage: Stage,
  request: DemoRequest,
  after: string | undefined,
  signal: AbortSignal,
): Promise<Played> {
  const { method, path, headers, body } = request;
  const startedAt = systemClock.monotonic();
  const response = await fetch(stage.url + path, {
    method,
    headers: { ...headers, connection: 'close' },
    body,
    signal: stepLimit(signal),
  });
  const [answer = ''] = (await response.text()).split('\n');
  const durationMs = Math.round(systemClock.monotonic() - startedAt);
  const [entry] = await stage.daemon.engine.outbox.entries({ after, limit: 1 });
  if (entry === undefined) throw new Error(`${request.sender} was answered ${response.status}`);
  return { request, status: response.status, durationMs, answer, entryId: entry.id };
}

/** The entries once all are settled. @throws the signal's reason, or a TimeoutError */
export async function settled(
  stage: Stage,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<EntryView[]> {
  const limit = stepLimit(signal);
  const views = await stage.daemon.engine.outbox.whenSettled(ids, limit);
  limit.throwIfAborted();
  return views;
}

/** These entries once a lane of theirs knows why it waits; the others may wait without having tried. */
export async function waitingEntries(
  stage: Stage,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<EntryView[]> {
  const limit = stepLimit(signal);
  const wanted = new Set(ids);
  for (;;) {
    const all = await stage.daemon.engine.outbox.entries({ limit: demoEntriesMax });
    const views = all.filter((view) => wanted.has(view.id));
    if (views.some((view) => view.laneWaits !== undefined)) return views;
    limit.throwIfAborted();
    await pause(systemClock, lookEveryMs, limit);
  }
}

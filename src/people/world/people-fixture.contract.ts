import { ManualClock } from '../../testing/manual-clock.ts';
import { createPeopleDoor } from '../create-people-door.ts';
import { MemoryPeopleLedger } from '../ledger/memory-people-ledger.contract.ts';
import type { ChangeKind, PersonChange } from '../lifecycle-change.ts';
import { defaultGuardPolicy } from '../offboarding/guard.ts';
import { defaultOffboardingPolicy } from '../offboarding/offboarding.ts';
import type { PeopleDoor } from '../people-door.ts';
import type { RoundReport } from '../people-events.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import { PeopleReconciler } from '../reconciler/people-reconciler.ts';
import { PeopleWorld } from './people-world.contract.ts';

export const policy: PeoplePolicy = {
  roles: new Map([
    ['member', { rooms: ['space', 'general', 'helpdesk'], level: 0 }],
    ['admin', { rooms: ['space', 'general', 'helpdesk'], level: 100 }],
    ['admin-channel', { rooms: ['admin'], level: 0 }],
  ]),
  defaultRoles: ['member'],
  adminRoles: ['admin', 'admin-channel'],
  drift: 'once',
  spaceKey: 'space',
  levelsOfFile: new Map(),
  offboarding: defaultOffboardingPolicy,
  guard: defaultGuardPolicy,
};

/** Everything between the door and the homeserver, with a world in memory and a clock that stands still. */
export interface PeopleFixture {
  readonly clock: ManualClock;
  readonly world: PeopleWorld;
  readonly ledger: MemoryPeopleLedger;
  readonly door: PeopleDoor;
  readonly reconciler: PeopleReconciler;
  readonly stop: AbortController;
  readonly failures: unknown[];
  /** The deployment file says something else from now on. */
  reload(change: Partial<PeoplePolicy>): void;
  /** Says what happened to people. */
  say(kind: ChangeKind, name: string, more?: Partial<PersonChange>): Promise<void>;
  /** Rounds until nothing goes on any more; at most `max`. */
  settle(max?: number): Promise<RoundReport>;
  /** The state and detail of a person. */
  stateOf(name: string): Promise<string>;
  /** A reconciler that knows nothing of what the one before was about, as after kill -9. */
  restart(): PeopleReconciler;
}

export function openPeople(
  change: Partial<PeoplePolicy> = {},
  keys: readonly string[] = ['space', 'general', 'helpdesk', 'admin'],
): PeopleFixture {
  const clock = new ManualClock();
  const world = new PeopleWorld(clock, keys);
  const ledger = new MemoryPeopleLedger();
  const failures: unknown[] = [];
  const stop = new AbortController();
  let inForce = { ...policy, ...change };
  const reconciler = (): PeopleReconciler =>
    new PeopleReconciler({
      ledger,
      clock,
      policy: () => inForce,
      open: () => Promise.resolve({ rooms: world, accounts: world }),
      intervalMs: 30_000,
      events: {
        roundEnded: () => undefined,
        roundFailed: ({ cause }) => failures.push(cause),
        endingFailed: ({ cause }) => failures.push(cause),
      },
    });
  const first = reconciler();
  const door = createPeopleDoor({
    ledger,
    clock,
    serverName: world.serverName,
    nameRule: 'strict',
    reserved: new Set(['bot']),
    policy: () => inForce,
    changed: () => first.wake(),
  });
  return {
    clock,
    world,
    ledger,
    door,
    reconciler: first,
    stop,
    failures,
    restart: reconciler,
    reload(more) {
      inForce = { ...inForce, ...more };
    },
    async say(kind, name, more = {}) {
      await door.change({ kind, name, source: 'rm', ...more });
    },
    async settle(max = 10) {
      for (let count = 1; ; count++) {
        const report = await first.round(stop.signal);
        await passTime(clock, first.idle());
        const isDone = report.people.pending === 0 && report.people.failed === 0;
        if (isDone || count >= max) return report;
      }
    },
    async stateOf(name) {
      const view = await door.show(name);
      return view?.detail === undefined ? `${view?.state}` : `${view.state}: ${view.detail}`;
    },
  };
}

/** Lets time pass, from timer to timer, until `end` resolves. */
export async function passTime(clock: ManualClock, end: Promise<unknown>): Promise<void> {
  const state = { isOver: false };
  const over = () => {
    state.isOver = true;
  };
  void end.then(over, over);
  // More steps than any wait here takes; each lets all that is ready run first.
  for (let step = 0; step < 10_000 && !state.isOver; step++) {
    await new Promise((resolve) => setImmediate(resolve));
    const due = clock.nextDueMs;
    if (due !== undefined && due <= 600_000) clock.advance(due);
  }
  await end;
}

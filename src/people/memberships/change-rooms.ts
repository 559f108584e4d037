import type {
  DeploymentRooms,
  MembershipOutcome,
} from '../../deployment/rooms/deployment-rooms.ts';
import { forEachBounded } from '../../for-each-bounded.ts';
import type { UserId } from '../../matrix/ids.ts';
import type { PersonWork } from '../person-work.ts';
import type { PersonStep } from './plan-person.ts';

/** People who are let in or put out at once; the same rooms are written for all of them. */
const atOnceMax = 4;

/** A person with the steps planned for it. */
export interface PlannedPerson {
  readonly work: PersonWork;
  readonly steps: readonly PersonStep[];
}

export interface ChangeRoomsOptions {
  readonly signal: AbortSignal;
  /** Runs an act for one person, and keeps its fault from the others. */
  readonly each: (work: PersonWork, act: () => Promise<void>) => Promise<void>;
}

/** Takes the steps of all: one write of levels for each room, then each person's memberships. */
export async function changeRooms(
  people: readonly PlannedPerson[],
  rooms: DeploymentRooms,
  options: ChangeRoomsOptions,
): Promise<void> {
  await forEachBounded([...levelsByRoom(people)], atOnceMax, async ([key, levels]) => {
    await changeLevels(key, levels, rooms, options);
  });
  await forEachBounded(people, atOnceMax, async ({ work, steps }) => {
    for (const step of steps) {
      if (step.kind === 'level') continue;
      await options.each(work, () => changeMembership(work, step, rooms, options.signal));
    }
  });
}

interface LevelWish {
  readonly work: PersonWork;
  readonly level: number | undefined;
}

function levelsByRoom(people: readonly PlannedPerson[]): Map<string, LevelWish[]> {
  const byRoom = new Map<string, LevelWish[]>();
  for (const { work, steps } of people) {
    for (const step of steps) {
      if (step.kind !== 'level') continue;
      const wishes = byRoom.get(step.room.key) ?? [];
      wishes.push({ work, level: step.level });
      byRoom.set(step.room.key, wishes);
    }
  }
  return byRoom;
}

async function changeLevels(
  key: string,
  wishes: readonly LevelWish[],
  rooms: DeploymentRooms,
  { signal, each }: ChangeRoomsOptions,
): Promise<void> {
  const levels = new Map<UserId, number | undefined>();
  for (const { work, level } of wishes) levels.set(work.userId, level);
  // One write for all, so one fault for all of them.
  const [outcome] = await Promise.allSettled([rooms.changeLevels(key, levels, signal)]);
  for (const { work, level } of wishes) {
    await each(work, () => {
      if (outcome.status === 'rejected') return Promise.reject(outcome.reason);
      const refusal = outcome.value.refused.find(({ userId }) => userId === work.userId);
      if (refusal === undefined) work.did(`level in ${key}: ${level ?? 'none'}`);
      else work.findings.push(`${key}: ${refusal.why} ${refusal.wayOut}`);
      return Promise.resolve();
    });
  }
}

async function changeMembership(
  work: PersonWork,
  { kind, room }: Exclude<PersonStep, { kind: 'level' }>,
  rooms: DeploymentRooms,
  signal: AbortSignal,
): Promise<void> {
  const outcome =
    kind === 'join'
      ? await rooms.join(room, work.userId, signal)
      : await rooms.kick(room, work.userId, undefined, signal);
  tell(work, `${kind} ${room.key}`, outcome);
}

function tell(work: PersonWork, what: string, outcome: MembershipOutcome): void {
  switch (outcome.kind) {
    case 'done':
      work.did(what);
      return;
    case 'already':
      return;
    case 'no_such_user':
      work.findings.push(`${what}: the homeserver knows no such account or room.`);
      return;
    case 'refused':
      work.findings.push(`${what}: ${outcome.why} ${outcome.wayOut}`);
  }
}

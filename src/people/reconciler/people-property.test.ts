import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ChangeKind } from '../lifecycle-change.ts';
import { openPeople, type PeopleFixture, passTime } from '../world/people-fixture.contract.ts';
import { userOf, type WorldFault } from '../world/people-world.contract.ts';
import type { PeopleReconciler } from './people-reconciler.ts';

const names = ['alice', 'bob', 'carol'];
const kinds: readonly ChangeKind[] = ['created', 'promoted', 'demoted', 'revoked', 'updated'];
const faults: readonly WorldFault[] = ['refused', 'lost', 'away'];

interface Say {
  readonly kind: 'say';
  readonly name: string;
  readonly what: ChangeKind;
}

type Act =
  | Say
  | { readonly kind: 'appear'; readonly name: string }
  /** One call fails, and during another somebody says something. */
  | {
      readonly kind: 'round';
      readonly faultAt: number;
      readonly fault: WorldFault;
      readonly sayAt: number;
      readonly say: Say;
    }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'restart' };

const aSay: fc.Arbitrary<Say> = fc.record({
  kind: fc.constant('say' as const),
  name: fc.constantFrom(...names),
  what: fc.constantFrom(...kinds),
});
const act: fc.Arbitrary<Act> = fc.oneof(
  { weight: 5, arbitrary: aSay },
  fc.record({ kind: fc.constant('appear' as const), name: fc.constantFrom(...names) }),
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('round' as const),
      faultAt: fc.nat(30),
      fault: fc.constantFrom(...faults),
      sayAt: fc.nat(30),
      say: aSay,
    }),
  },
  fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1_000, 60_000, 200_000) }),
  fc.record({ kind: fc.constant('restart' as const) }),
);

/** What the changes of one person ask for, said in another way than `mergeChange` does. */
function expected(changes: readonly ChangeKind[]): string {
  const since = changes.slice(changes.lastIndexOf('revoked') + 1);
  const isFirstLife = !changes.includes('revoked');
  if (!isFirstLife && !since.includes('created')) return 'gone';
  // After a revocation nothing counts until the creation.
  const counts = isFirstLife ? since : since.slice(since.indexOf('created'));
  const rank = counts.findLast((kind) => kind === 'promoted' || kind === 'demoted');
  if (rank === 'promoted') return 'admin';
  if (counts.includes('created')) return 'member';
  // Never created: whoever was let in as an administrator keeps the rooms that are not the administrators'.
  return counts.includes('promoted') ? 'no admin' : 'nobody';
}

function actual({ world }: PeopleFixture, name: string): string {
  const user = world.users.get(userOf(name));
  const places = world.placesOf(name).filter((place) => !place.endsWith(':leave:'));
  if (user?.deactivated === true) {
    return user.erased && places.length === 0 ? 'gone' : `half gone: ${places.join()}`;
  }
  if (user?.locked === true) return 'locked';
  const text = places.join(' ');
  const rooms = ['space', 'general', 'helpdesk'];
  if (text === [...rooms.map((key) => `${key}:join:100`), 'admin:join:'].join(' ')) return 'admin';
  if (text === rooms.map((key) => `${key}:join:`).join(' ')) return 'member';
  return text === '' ? 'nobody' : text;
}

/** Does what came to pass, each with whatever reconciler lives then: the one that lives last, and all that was said. */
async function play(
  people: PeopleFixture,
  acts: readonly Act[],
): Promise<{ reconciler: PeopleReconciler; said: Say[] }> {
  let reconciler = people.reconciler;
  const said: Say[] = [];
  for (const step of acts) reconciler = await take(people, step, reconciler, said);
  people.world.fault = () => undefined;
  return { reconciler, said };
}

async function take(
  people: PeopleFixture,
  step: Act,
  reconciler: PeopleReconciler,
  said: Say[],
): Promise<PeopleReconciler> {
  const { world, clock, stop } = people;
  const say = async (what: Say): Promise<void> => {
    said.push(what);
    await people.say(what.what, what.name);
  };
  switch (step.kind) {
    case 'say':
      await say(step);
      return reconciler;
    case 'appear':
      appear(people, step.name);
      return reconciler;
    case 'pass':
      clock.advance(step.ms);
      return reconciler;
    case 'restart':
      await passTime(clock, reconciler.idle());
      return people.restart();
    case 'round': {
      let calls = 0;
      let meanwhile: Promise<void> | undefined;
      world.fault = () => {
        if (calls === step.sayAt) meanwhile = say(step.say);
        return calls++ === step.faultAt ? step.fault : undefined;
      };
      await reconciler.round(stop.signal).catch(() => undefined);
      await meanwhile;
      return reconciler;
    }
  }
}

function appear({ world }: PeopleFixture, name: string): void {
  if (!world.users.has(userOf(name))) world.addUser(name);
}

/** Rounds without faults, with time enough for what was asked for before them to end. */
async function calm({ clock, stop }: PeopleFixture, reconciler: PeopleReconciler): Promise<void> {
  for (let round = 0; round < 6; round++) {
    await reconciler.round(stop.signal);
    await passTime(clock, reconciler.idle());
    clock.advance(100_000);
  }
}

function expectEnd(people: PeopleFixture, name: string, said: readonly Say[]): void {
  const changes = said.filter((step) => step.name === name).map(({ what }) => what);
  const because = `${name}: ${changes.join()}`;
  const end = actual(people, name);
  const wanted = expected(changes);
  if (wanted === 'no admin') expect(end, because).not.toMatch(/100|admin|gone|locked/);
  else expect(end, because).toBe(wanted);
}

describe('any sequence of changes and faults', () => {
  it('ends where the last changes lead, and then writes nothing more', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(act, { maxLength: 30 }), async (acts) => {
        const people = openPeople();
        const { world, stop } = people;
        world.deactivationMs = 5_000;
        const { reconciler, said } = await play(people, acts);
        for (const name of names) appear(people, name);
        await calm(people, reconciler);
        for (const name of names) expectEnd(people, name, said);
        expect(world.violations).toEqual([]);
        world.calls = [];
        await reconciler.round(stop.signal);
        expect(world.writes).toEqual([]);
      }),
      { numRuns: 150 },
    );
  });
});

import { describe, expect, it } from 'vitest';
import { openPeople, type PeopleFixture } from '../world/people-fixture.contract.ts';
import { userOf } from '../world/people-world.contract.ts';

const names = Array.from({ length: 20 }, (_, index) => `p${index}`);

async function openTwenty(): Promise<PeopleFixture> {
  const people = openPeople();
  for (const name of names) {
    people.world.addUser(name);
    await people.say('created', name);
  }
  await people.settle();
  return people;
}

const revoke = async (people: PeopleFixture, count: number, guarded = true): Promise<void> => {
  for (const name of names.slice(0, count)) await people.say('revoked', name, { guarded });
};

const endedIn = ({ world }: PeopleFixture): number =>
  [...world.users.values()].filter(({ deactivated, locked }) => deactivated || locked).length;

describe('the guard', () => {
  it('holds all of what a directory revokes at once, until each is approved', async () => {
    const people = await openTwenty();
    await revoke(people, 20);
    people.clock.advance(20_000);
    const report = await people.settle();
    expect(report.people).toMatchObject({ held: 20, pending: 0 });
    expect(endedIn(people)).toBe(0);
    expect(await people.stateOf('p0')).toMatch(/^held: A directory revoked 20 of 20 people/);
    people.clock.advance(7_200_000);
    await people.settle();
    expect(endedIn(people)).toBe(0);
    expect(await people.door.approve('p3', 'operator')).toBe(true);
    expect(await people.door.approve('p3', 'operator')).toBe(false);
    await people.settle();
    expect(endedIn(people)).toBe(1);
    expect(people.world.users.get(userOf('p3'))?.deactivated).toBe(true);
  });

  it('lets few go after a moment, and lets none slip through while the others arrive', async () => {
    const people = await openTwenty();
    await revoke(people, 4);
    await people.settle(1);
    expect(endedIn(people)).toBe(0);
    people.clock.advance(15_000);
    await people.settle();
    expect(endedIn(people)).toBe(4);
    for (const name of names.slice(4, 12)) await people.say('revoked', name, { guarded: true });
    people.clock.advance(15_000);
    await people.settle();
    expect(endedIn(people)).toBe(4);
  });

  it('does not hold what a caller revokes one by one', async () => {
    const people = await openTwenty();
    await revoke(people, 20, false);
    await people.settle();
    expect(endedIn(people)).toBe(20);
  });

  it('forgets a held revocation when the person is created again, and yields to a plain one', async () => {
    const people = await openTwenty();
    await revoke(people, 10);
    people.clock.advance(15_000);
    await people.settle();
    await people.say('created', 'p0');
    await people.say('revoked', 'p1');
    await people.settle();
    expect(people.world.placesOf('p0')).toContain('general:join:');
    expect(people.world.users.get(userOf('p1'))?.deactivated).toBe(true);
    expect(endedIn(people)).toBe(1);
  });
});

import { describe, expect, it } from 'vitest';
import type { PersonChange } from '../lifecycle-change.ts';
import type { PeoplePolicy } from '../people-policy.ts';
import { openPeople, type PeopleFixture, policy } from '../world/people-fixture.contract.ts';
import { userOf } from '../world/people-world.contract.ts';

const member = ['space:join:', 'general:join:', 'helpdesk:join:'];

/** Bert has left helpdesk, and a moderator has given him a level in general. */
async function openBert(change: Partial<PeoplePolicy> = {}): Promise<PeopleFixture> {
  const people = openPeople(change);
  const bert = people.world.addUser('bert');
  await people.say('created', 'bert', { roles: ['member'], displayName: 'Bert' });
  await people.settle();
  people.world.room('helpdesk').memberships.set(bert, 'leave');
  people.world.room('general').levels.set(bert, 50);
  await people.settle();
  people.world.calls = [];
  return people;
}

describe('a change that leaves the standing as it is', () => {
  it.each<[string, Partial<PersonChange> & Pick<PersonChange, 'kind'>]>([
    ['a nightly creation', { kind: 'created' }],
    [
      'a creation with the same roles and name',
      { kind: 'created', roles: ['member'], displayName: 'Bert' },
    ],
    ['an update that says nothing', { kind: 'updated' }],
    ['an external id', { kind: 'updated', externalId: { provider: 'p', externalId: '1' } }],
  ])('%s, writes nothing', async (_what, { kind, ...more }) => {
    const { world, say, settle, stateOf } = await openBert();
    await say(kind, 'bert', more);
    await settle();
    expect(world.writes).toEqual([]);
    expect(await stateOf('bert')).toBe('applied');
  });

  it('changes the display name alone', async () => {
    const { world, say, settle } = await openBert();
    await say('updated', 'bert', { displayName: 'Bertram' });
    await settle();
    expect(world.writes).toEqual(['change @bert:x']);
    expect(world.users.get(userOf('bert'))?.displayName).toBe('Bertram');
  });

  it('leaves a name alone that the person has chosen since', async () => {
    const { world, say, settle } = await openBert();
    await world.change(userOf('bert'), { displayName: 'Bertie' });
    world.calls = [];
    await say('created', 'bert', { displayName: 'Bert' });
    await settle();
    expect(world.writes).toEqual([]);
  });

  it('is a deployment with another room, or another order of rooms, that no role is about', async () => {
    const { world, settle, reload, stateOf } = await openBert();
    reload({ roles: new Map([...policy.roles].toReversed()) });
    world.keys = ['lobby', ...world.keys.toReversed()];
    await settle();
    expect(world.writes).toEqual([]);
    expect(await stateOf('bert')).toBe('applied');
  });
});

describe('a change of standing', () => {
  it('is brought about everywhere', async () => {
    const { world, say, settle } = await openBert();
    await say('promoted', 'bert');
    await settle();
    expect(world.placesOf('bert')).toEqual([
      'space:join:100',
      'general:join:100',
      'helpdesk:join:100',
      'admin:join:',
    ]);
  });

  it('that was half undone before it came again is brought about once more', async () => {
    const { world, say, settle } = await openBert();
    await say('promoted', 'bert');
    await settle();
    await say('demoted', 'bert');
    world.fault = (call) => (call.startsWith('kick') ? 'refused' : undefined);
    await settle(1);
    world.fault = () => undefined;
    await say('promoted', 'bert');
    await settle();
    expect(world.placesOf('bert').join()).toContain('general:join:100');
  });

  it('to gone and back lets the person in again', async () => {
    const { world, say, settle } = await openBert();
    await say('revoked', 'bert');
    await settle();
    await say('created', 'bert');
    await settle();
    expect(world.placesOf('bert')).toEqual(member);
  });
});

describe('a role that the file no longer has', () => {
  const renamed = new Map(
    [...policy.roles].map(([name, role]) => [name === 'admin' ? 'boss' : name, role]),
  );
  const finding =
    'failed: role admin is not in the file: nothing is done until it is there again, or PUT /v1/people/anna names other "roles".';

  it('takes nothing from those either who have it because nothing else was said', async () => {
    const { world, say, settle, stateOf, reload } = openPeople();
    world.addUser('anna');
    world.addUser('bert');
    await say('promoted', 'anna');
    await say('created', 'bert');
    await settle();
    world.calls = [];
    reload({ roles: new Map([['crew', { rooms: ['general'], level: 0 }]]) });
    await settle(2);
    expect(world.writes).toEqual([]);
    expect(await stateOf('anna')).toMatch(
      /^failed: roles admin, admin-channel are not in the file/,
    );
    expect(await stateOf('bert')).toMatch(/^failed: role member is not in the file/);
  });

  it('holds up no revocation', async () => {
    const { world, say, settle, stateOf, reload } = openPeople();
    world.addUser('anna');
    await say('created', 'anna', { roles: ['admin'] });
    await settle();
    reload({ roles: renamed });
    await say('revoked', 'anna');
    await settle();
    expect(await stateOf('anna')).toBe('applied');
    expect(world.users.get(userOf('anna'))?.deactivated).toBe(true);
  });

  it('takes nothing from its holders, and is told', async () => {
    const { world, say, settle, stateOf, reload } = openPeople();
    world.addUser('anna');
    await say('created', 'anna', { roles: ['admin'] });
    await settle();
    const places = world.placesOf('anna');
    expect(places).toContain('general:join:100');
    reload({ roles: renamed, adminRoles: ['boss', 'admin-channel'] });
    world.calls = [];
    expect((await settle(2)).people).toMatchObject({ failed: 1 });
    expect(await stateOf('anna')).toBe(finding);
    expect(world.writes).toEqual([]);
    expect(world.placesOf('anna')).toEqual(places);
    await say('updated', 'anna', { roles: ['boss'] });
    await settle();
    expect(await stateOf('anna')).toBe('applied');
    expect(world.placesOf('anna')).toEqual(places);
  });
});

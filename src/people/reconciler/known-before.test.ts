import { describe, expect, it } from 'vitest';
import type { PeoplePolicy } from '../people-policy.ts';
import { openPeople, passTime, policy } from '../world/people-fixture.contract.ts';
import { userOf } from '../world/people-world.contract.ts';

const member = ['space:join:', 'general:join:', 'helpdesk:join:'];
const admin = ['space:join:100', 'general:join:100', 'helpdesk:join:100', 'admin:join:'];

/** Somebody whom another program made an administrator of the rooms. */
function openWithAdmin(change: Partial<PeoplePolicy> = {}, more: readonly string[] = []) {
  const fixture = openPeople(change, ['space', 'general', 'helpdesk', 'admin', ...more]);
  const { world } = fixture;
  const alice = userOf('alice');
  world.addUser('alice');
  for (const [key, { memberships, levels }] of world.rooms) {
    memberships.set(alice, 'join');
    if (key !== 'admin') levels.set(alice, 100);
  }
  expect(world.placesOf('alice').slice(0, admin.length)).toEqual(admin);
  return { ...fixture, alice };
}

/** The policy with other rooms for members. */
const membersIn = (...rooms: string[]): Pick<PeoplePolicy, 'roles'> => ({
  roles: new Map([...policy.roles, ['member', { rooms, level: 0 }]]),
});

describe('whom another program let in before', () => {
  it('is created without losing what it had, as nobody said what else it is', async () => {
    const { world, say, settle, stateOf } = openWithAdmin();
    await say('created', 'alice');
    await settle();
    await say('created', 'alice');
    await settle();
    expect(world.placesOf('alice')).toEqual(admin);
    expect(world.writes).toEqual([]);
    expect(await stateOf('alice')).toBe('applied');
  });

  it('loses it once somebody says so', async () => {
    const { world, say, settle } = openWithAdmin();
    await say('created', 'alice');
    await settle();
    await say('demoted', 'alice');
    await settle();
    expect(world.placesOf('alice')).toEqual([...member, 'admin:leave:']);
  });

  it('is what its roles say where they are named', async () => {
    const { world, say, settle } = openWithAdmin();
    await say('created', 'alice', { roles: ['member'] });
    await settle();
    expect(world.placesOf('alice')).toEqual([...member, 'admin:leave:']);
  });

  it('is a member and nothing more when its account is given back', async () => {
    const { world, say, settle, alice } = openWithAdmin();
    const account = world.users.get(alice);
    if (account === undefined) throw new Error('nobody');
    world.users.set(alice, { ...account, deactivated: true });
    await say('created', 'alice');
    await settle();
    expect(world.users.get(alice)?.deactivated).toBe(false);
    expect(world.placesOf('alice').join()).not.toContain('100');
    await settle();
    expect(world.placesOf('alice').join()).not.toContain('100');
  });

  it('keeps it when the file gets one more room', async () => {
    const { world, say, settle, reload } = openWithAdmin({}, ['extra']);
    await say('created', 'alice');
    await settle();
    reload(membersIn('space', 'general', 'helpdesk', 'extra'));
    await settle();
    expect(world.placesOf('alice')).toEqual([...admin, 'extra:join:100']);
    expect(world.writes).toEqual([]);
  });

  it('keeps it when the file changes after a restart', async () => {
    const { world, clock, stop, say, settle, reload, restart } = openWithAdmin();
    await say('created', 'alice');
    await settle();
    reload(membersIn('space', 'general'));
    await passTime(clock, restart().round(stop.signal));
    expect(world.placesOf('alice')).toEqual(admin);
    await say('demoted', 'alice');
    await settle();
    expect(world.placesOf('alice')).toEqual([
      'space:join:',
      'general:join:',
      'helpdesk:leave:',
      'admin:leave:',
    ]);
  });

  it('loses a room that a role gave it and the file takes away, as those who were let in here', async () => {
    const { world, say, settle, reload } = openPeople();
    const bob = world.addUser('bob');
    for (const key of ['space', 'helpdesk']) world.room(key).memberships.set(bob, 'join');
    await say('created', 'bob');
    await settle();
    reload(membersIn('space', 'general'));
    await settle();
    expect(world.placesOf('bob')).toEqual(['space:join:', 'general:join:', 'helpdesk:leave:']);
  });

  it('keeps it when its first round fails, and a later one finds the file changed', async () => {
    const { world, say, settle, reload, stateOf, alice } = openWithAdmin();
    const bob = world.addUser('bob');
    for (const userId of [alice, bob]) world.room('general').memberships.set(userId, 'ban');
    await say('created', 'alice');
    await say('created', 'bob');
    await settle(1);
    expect(await stateOf('alice')).toMatch(/^failed: Banned from general/);
    expect(world.placesOf('bob')).toEqual(['space:join:', 'general:ban:', 'helpdesk:join:']);
    reload(membersIn('space'));
    for (const userId of [alice, bob]) world.room('general').memberships.set(userId, 'leave');
    await settle();
    expect(world.placesOf('alice')).toEqual([
      'space:join:100',
      'general:leave:100',
      ...admin.slice(2),
    ]);
    expect(world.placesOf('bob')).toEqual(['space:join:', 'general:leave:', 'helpdesk:leave:']);
  });

  it('keeps it when something else of it was said first', async () => {
    const { world, say, settle, reload } = openWithAdmin();
    await say('updated', 'alice');
    await settle();
    await say('created', 'alice');
    await settle();
    const externalId = { provider: 'oidc', externalId: 'u-1' };
    await say('updated', 'alice', { displayName: 'Alice A', externalId });
    await settle();
    reload(membersIn('space', 'general'));
    await settle();
    expect(world.placesOf('alice')).toEqual(admin);
  });

  it('keeps a level above that of its role, and is raised to it from below', async () => {
    const roles = new Map([
      ...policy.roles,
      ['member', { rooms: ['space', 'general', 'helpdesk'], level: 50 }] as const,
    ]);
    const { world, say, settle, alice } = openWithAdmin({ roles });
    world.room('helpdesk').levels.set(alice, 10);
    await say('created', 'alice');
    await settle();
    expect(world.placesOf('alice')).toEqual([...admin.slice(0, 2), 'helpdesk:join:50', admin[3]]);
  });

  it('has no more to keep in a room once somebody took it there', async () => {
    const { world, say, settle, reload, alice } = openWithAdmin();
    await say('created', 'alice');
    await settle();
    world.room('general').levels.delete(alice);
    reload(membersIn('space', 'general'));
    await settle();
    world.room('general').levels.set(alice, 100);
    reload(membersIn('space', 'general', 'helpdesk'));
    await settle();
    expect(world.placesOf('alice')).toEqual([admin[0], 'general:join:', ...admin.slice(2)]);
  });

  it('keeps nothing where the file enforces what it says', async () => {
    const { world, say, settle, reload } = openWithAdmin({ drift: 'enforce' });
    await say('created', 'alice');
    await settle();
    expect(world.placesOf('alice')).toEqual([...member, 'admin:leave:']);
    reload({ drift: 'once' });
    await settle();
    expect(world.placesOf('alice')).toEqual([...member, 'admin:leave:']);
  });

  it.each([
    ['that was never followed', false],
    ['that was followed before', true],
  ])(
    'is a member and nothing more when its lock is lifted by a creation after one %s',
    async (_what, isKnown) => {
      const { world, say, settle, alice } = openWithAdmin();
      if (isKnown) {
        await say('created', 'alice', { displayName: 'Alice' });
        await settle();
      }
      const account = world.users.get(alice);
      if (account === undefined) throw new Error('nobody');
      world.users.set(alice, { ...account, locked: true, displayName: 'Ally' });
      await say('created', 'alice');
      await settle();
      expect(world.users.get(alice)).toMatchObject({ locked: false, displayName: 'Ally' });
      expect(world.placesOf('alice')).toEqual([...member, 'admin:leave:']);
    },
  );

  it('is a member and nothing more after a revocation that was taken back before it began', async () => {
    const { world, say, settle } = openWithAdmin();
    await say('revoked', 'alice');
    await say('created', 'alice');
    await settle();
    expect(world.placesOf('alice')).toEqual([...member, 'admin:leave:']);
  });

  it('keeps it in a room that cannot be read until a later round', async () => {
    const { world, say, settle, stateOf } = openWithAdmin();
    world.fault = (call) => (call === 'read admin' ? 'refused' : undefined);
    await say('created', 'alice');
    await settle(1);
    expect(await stateOf('alice')).toMatch(/^failed: admin/);
    world.fault = () => undefined;
    await settle();
    expect(world.placesOf('alice')).toEqual(admin);
    expect(await stateOf('alice')).toBe('applied');
  });

  it('is left in peace as the maker of a room of version 12, however the file changes', async () => {
    const { world, say, settle, reload, stateOf, alice } = openWithAdmin();
    world.creators.add(alice);
    await say('created', 'alice');
    await settle();
    reload(membersIn('space', 'general'));
    await settle();
    expect(world.placesOf('alice')).toEqual(admin);
    expect(await stateOf('alice')).toBe('applied');
  });
});

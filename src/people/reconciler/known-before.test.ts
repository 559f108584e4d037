import { describe, expect, it } from 'vitest';
import { openPeople } from '../world/people-fixture.contract.ts';
import { userOf } from '../world/people-world.contract.ts';

const member = ['space:join:', 'general:join:', 'helpdesk:join:'];
const admin = ['space:join:100', 'general:join:100', 'helpdesk:join:100', 'admin:join:'];

/** Somebody whom another program made an administrator of the rooms. */
function openWithAdmin() {
  const fixture = openPeople();
  const { world } = fixture;
  const alice = userOf('alice');
  world.addUser('alice');
  for (const [key, { memberships, levels }] of world.rooms) {
    memberships.set(alice, 'join');
    if (key !== 'admin') levels.set(alice, 100);
  }
  expect(world.placesOf('alice')).toEqual(admin);
  return { ...fixture, alice };
}

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
});

import { describe, expect, it } from 'vitest';
import { openPeople } from '../world/people-fixture.contract.ts';
import { userOf } from '../world/people-world.contract.ts';

const member = ['space:join:', 'general:join:', 'helpdesk:join:'];
const admin = ['space:join:100', 'general:join:100', 'helpdesk:join:100', 'admin:join:'];

describe('a person', () => {
  it('who is created, promoted, demoted and revoked is where that leads', async () => {
    const { world, say, settle, stateOf } = openPeople();
    world.addUser('alice');
    await say('created', 'ALICE');
    await settle();
    expect(world.placesOf('alice')).toEqual(member);
    await say('promoted', 'alice');
    await settle();
    expect(world.placesOf('alice')).toEqual(admin);
    await say('demoted', 'alice');
    await settle();
    expect(world.placesOf('alice')).toEqual([...member, 'admin:leave:']);
    await say('promoted', 'alice');
    await say('revoked', 'alice');
    await settle();
    expect(world.placesOf('alice').join()).not.toMatch(/join|100/);
    expect(world.users.get(userOf('alice'))).toMatchObject({ deactivated: true, erased: true });
    expect(await stateOf('alice')).toBe('applied');
  });

  it('who is as asked costs one read of each room and no write', async () => {
    const { world, say, settle } = openPeople();
    for (const name of ['alice', 'bob', 'carol']) world.addUser(name);
    await say('created', 'alice');
    await say('promoted', 'alice');
    await say('created', 'bob');
    await say('revoked', 'carol');
    await settle();
    world.calls = [];
    await settle();
    expect(world.calls).toEqual(['read space', 'read general', 'read helpdesk', 'read admin']);
  });

  it('whose account comes later is let in by the round after', async () => {
    const { world, say, settle, stateOf } = openPeople();
    await say('created', 'alice');
    await say('promoted', 'alice');
    await say('revoked', 'bob');
    await settle();
    expect(await stateOf('alice')).toBe('waiting: The homeserver has no @alice:x yet.');
    expect(world.writes).toEqual([]);
    world.addUser('alice');
    world.addUser('bob');
    await settle();
    expect(world.placesOf('alice')).toEqual(admin);
    expect(world.users.get(userOf('bob'))?.deactivated).toBe(true);
  });

  it('who was revoked and is created again is a member and nothing more', async () => {
    const { world, say, settle, stateOf } = openPeople();
    world.addUser('alice');
    await say('created', 'alice');
    await say('promoted', 'alice');
    await settle();
    await say('revoked', 'alice');
    await settle();
    await say('promoted', 'alice');
    await say('created', 'alice', { displayName: 'Alice' });
    await settle();
    expect(world.placesOf('alice')).toEqual([...member, 'admin:leave:']);
    const user = world.users.get(userOf('alice'));
    expect(user).toMatchObject({ deactivated: false, locked: false, displayName: 'Alice' });
    expect(await stateOf('alice')).toBe('applied');
  });

  it('whose account was ended before the first word is given back by a creation only', async () => {
    const { world, say, settle, stateOf } = openPeople();
    world.addUser('alice', { deactivated: true });
    await say('promoted', 'alice');
    await settle();
    expect(await stateOf('alice')).toMatch(/deactivated by somebody else/);
    await say('created', 'alice');
    await settle();
    expect(world.placesOf('alice')).toEqual(admin);
    expect(world.violations).toEqual([]);
  });

  it('who was only demoted, or only updated, loses rights and gains none', async () => {
    const { world, say, settle } = openPeople();
    const alice = world.addUser('alice');
    world.addUser('bob');
    for (const key of ['general', 'admin']) {
      world.room(key).memberships.set(alice, 'join');
      world.room(key).levels.set(alice, 100);
    }
    await say('demoted', 'alice');
    await say('updated', 'bob', { displayName: 'Bob' });
    await settle();
    expect(world.placesOf('alice')).toEqual(['general:join:', 'admin:leave:']);
    expect(world.placesOf('bob')).toEqual([]);
    expect(world.users.get(userOf('bob'))?.displayName).toBe('Bob');
  });

  it('as strong as the bot cannot be demoted, and that is said', async () => {
    const { world, say, settle, stateOf } = openPeople();
    const alice = world.addUser('alice');
    world.botLevel = 100;
    world.room('admin').memberships.set(alice, 'join');
    world.room('admin').levels.set(alice, 100);
    await say('demoted', 'alice');
    await settle(1);
    expect(await stateOf('alice')).toBe(
      'failed: admin: Too strong. Step down. kick admin: As strong as the bot. Step down.',
    );
    world.room('admin').levels.set(alice, 0);
    await settle();
    expect(await stateOf('alice')).toBe('applied');
  });

  it('who is banned stays so, and that is said', async () => {
    const { world, say, settle, stateOf } = openPeople();
    const alice = world.addUser('alice');
    world.room('general').memberships.set(alice, 'ban');
    await say('created', 'alice');
    await settle(1);
    expect(world.placesOf('alice')).toEqual(['space:join:', 'general:ban:', 'helpdesk:join:']);
    expect(await stateOf('alice')).toMatch(/^failed: Banned from general/);
  });

  it('who leaves a room may, and who leaves the space leaves its rooms', async () => {
    const { world, say, settle } = openPeople();
    const alice = world.addUser('alice');
    await say('created', 'alice');
    await settle();
    world.room('helpdesk').memberships.set(alice, 'leave');
    await settle();
    expect(world.placesOf('alice')).toEqual(['space:join:', 'general:join:', 'helpdesk:leave:']);
    world.room('space').memberships.set(alice, 'leave');
    await settle();
    expect(world.placesOf('alice')).toEqual(['space:leave:', 'general:leave:', 'helpdesk:leave:']);
  });

  it('is put back where drift is enforced', async () => {
    const { world, say, settle } = openPeople({ drift: 'enforce' });
    const alice = world.addUser('alice');
    await say('created', 'alice');
    await settle();
    world.room('space').memberships.set(alice, 'leave');
    world.room('general').levels.set(alice, 50);
    await settle();
    expect(world.placesOf('alice')).toEqual(member);
  });

  it('is found by its external id, whatever its account is called', async () => {
    const { world, say, settle, stateOf } = openPeople();
    const externalId = { provider: 'oidc-keycloak', externalId: 'u-1' };
    world.addUser('alice2', { externalIds: [externalId] });
    world.addUser('bob', { externalIds: [{ ...externalId, externalId: 'u-9' }] });
    await say('created', 'alice', { externalId });
    await say('created', 'bob', { externalId: { ...externalId, externalId: 'u-2' } });
    await settle(1);
    expect(world.placesOf('alice2')).toEqual(member);
    expect(world.placesOf('bob')).toEqual([]);
    expect(await stateOf('bob')).toBe('failed: @bob:x belongs to another user of oidc-keycloak.');
  });

  it('who turns out to be the bot is not touched', async () => {
    const { world, say, settle, stateOf } = openPeople();
    const externalId = { provider: 'oidc-keycloak', externalId: 'u-1' };
    world.addUser('bot', { externalIds: [externalId] });
    await say('revoked', 'alice', { externalId });
    await settle(1);
    expect(await stateOf('alice')).toMatch(/the deployment's own account/);
    expect(world.writes).toEqual([]);
  });
});

describe('a round', () => {
  it('lets the fault of one person stop no other', async () => {
    const { world, say, settle, stateOf } = openPeople();
    for (const name of ['alice', 'bob', 'carol']) world.addUser(name);
    for (const name of ['alice', 'bob', 'carol']) await say('created', name);
    world.fault = (call) => (call.includes('@bob:x') ? 'refused' : undefined);
    await settle(1);
    expect(world.placesOf('alice')).toEqual(member);
    expect(world.placesOf('carol')).toEqual(member);
    expect(await stateOf('bob')).toBe('failed: The homeserver answered 500 M_UNKNOWN: Internal');
    world.fault = () => undefined;
    await settle();
    expect(world.placesOf('bob')).toEqual(member);
  });

  it('does what it can for a person for whom not all can be done', async () => {
    const { world, say, settle, stateOf } = openPeople();
    for (const name of ['alice', 'bob']) world.addUser(name);
    await say('created', 'bob');
    await settle();
    await say('created', 'alice', { displayName: 'Alice' });
    await say('revoked', 'bob');
    world.fault = (call) =>
      call.startsWith('change') || call.startsWith('join general') ? 'refused' : undefined;
    await settle(1);
    expect(world.placesOf('alice')).toEqual(['space:join:', 'helpdesk:join:']);
    expect(world.placesOf('bob').join()).not.toMatch(/join/);
    expect(world.users.get(userOf('bob'))?.deactivated).toBe(false);
    expect(await stateOf('bob')).toMatch(/^failed: The homeserver answered 500/);
    world.fault = () => undefined;
    await settle();
    expect(world.placesOf('alice')).toEqual(member);
    expect(world.users.get(userOf('alice'))?.displayName).toBe('Alice');
    expect(world.users.get(userOf('bob'))?.deactivated).toBe(true);
  });

  it('lets a room that is not there, or cannot be read, keep nobody from the others', async () => {
    const { world, say, settle, stateOf } = openPeople();
    for (const name of ['alice', 'bob']) world.addUser(name);
    await say('created', 'bob');
    await settle();
    world.fault = (call) => (call === 'read general' ? 'refused' : undefined);
    const helpdesk = world.room('helpdesk');
    world.rooms.delete('helpdesk');
    await say('created', 'alice');
    await settle(1);
    expect(world.placesOf('alice')).toEqual(['space:join:']);
    expect(await stateOf('alice')).toBe(
      'failed: general: The homeserver answered 500 M_UNKNOWN: Internal The room helpdesk is not there yet.',
    );
    expect(await stateOf('bob')).toBe('applied');
    await say('revoked', 'bob');
    await settle(2);
    expect(world.users.get(userOf('bob'))?.deactivated).toBe(true);
    expect(await stateOf('bob')).toMatch(/^failed: general/);
    world.rooms.set('helpdesk', helpdesk);
    world.fault = () => undefined;
    await settle();
    expect(world.placesOf('alice').toSorted()).toEqual(member.toSorted());
    expect(await stateOf('bob')).toBe('applied');
  });

  it('lets nobody in with an account that could not be given back', async () => {
    const { world, say, settle } = openPeople();
    world.addUser('alice', { deactivated: true });
    await say('created', 'alice');
    world.fault = (call) => (call.startsWith('change') ? 'refused' : undefined);
    await settle(1);
    expect(world.placesOf('alice')).toEqual([]);
    world.fault = () => undefined;
    await settle();
    expect(world.placesOf('alice')).toEqual(member);
    expect(world.violations).toEqual([]);
  });

  it('breaks off when the homeserver is away, and the next goes on', async () => {
    const { world, say, settle, stateOf } = openPeople();
    for (const name of ['alice', 'bob']) world.addUser(name);
    for (const name of ['alice', 'bob']) await say('created', name);
    world.fault = (call) => (call.startsWith('join general') ? 'away' : undefined);
    await expect(settle(1)).rejects.toThrow('unreachable');
    expect(await stateOf('bob')).toBe('pending');
    world.fault = () => undefined;
    await settle();
    expect(world.placesOf('alice')).toEqual(member);
    expect(world.placesOf('bob')).toEqual(member);
  });

  it('writes as much as changed and reads as much as there are rooms', async () => {
    const rooms = Array.from({ length: 10 }, (_, index) => `room${index}`);
    const roles = new Map([
      ['member', { rooms, level: 0 }],
      ['admin', { rooms, level: 100 }],
    ]);
    const { world, say, settle } = openPeople({ roles, adminRoles: ['admin'] }, rooms);
    const names = Array.from({ length: 1_000 }, (_, index) => `p${index}`);
    for (const name of names) {
      world.addUser(name);
      await say('created', name);
    }
    await settle();
    expect(world.writes).toHaveLength(10_000);
    expect(world.calls.length - world.writes.length).toBe(11);
    world.calls = [];
    for (const name of names.slice(0, 50)) await say('promoted', name);
    await settle();
    expect(world.writes).toHaveLength(rooms.length);
    expect(world.calls.length - world.writes.length).toBe(10 + 50);
  });

  it('breaks off a long import so that a revocation need not wait for its end', async () => {
    const { world, clock, say, stop, reconciler } = openPeople();
    const names = Array.from({ length: 500 }, (_, index) => `p${index}`);
    for (const name of names) {
      world.addUser(name);
      await say('created', name);
    }
    world.fault = () => {
      clock.advance(50);
      return undefined;
    };
    expect(await reconciler.round(stop.signal)).toMatchObject({ worked: 100, left: 400 });
    await say('revoked', 'p0');
    world.calls = [];
    await reconciler.round(stop.signal);
    expect(world.writes[0]).toBe('change @p0:x');
    world.fault = () => undefined;
    expect(await reconciler.round(stop.signal)).toMatchObject({ left: 0 });
  });
});

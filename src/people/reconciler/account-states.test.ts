import { describe, expect, it } from 'vitest';
import type { UserId } from '../../matrix/ids.ts';
import { defaultGuardPolicy } from '../offboarding/guard.ts';
import { openPeople, passTime } from '../world/people-fixture.contract.ts';
import { type PeopleWorld, userOf } from '../world/people-world.contract.ts';

const ended = { deactivated: true, erased: true };
/** Nothing waits for others. */
const strictGuard = { ...defaultGuardPolicy, settleMs: 0 };

function userIn(world: PeopleWorld, userId: UserId) {
  const user = world.users.get(userId);
  if (user === undefined) throw new Error(`no ${userId}`);
  return user;
}

describe('an account', () => {
  it.each([
    ['that is locked', { locked: true }],
    ['that is suspended', { suspended: true }],
    ['that is shadow-banned', { shadowBanned: true }],
    ['that is deactivated', { deactivated: true }],
    ['that is erased', ended],
  ])('%s ends with a revocation, and nothing more is written', async (_what, state) => {
    const { world, say, settle, stateOf } = openPeople();
    const alice = world.addUser('alice', state);
    world.room('general').memberships.set(alice, 'join');
    world.room('general').levels.set(alice, 100);
    await say('revoked', 'alice');
    await settle();
    expect(world.users.get(alice)).toMatchObject(ended);
    expect(world.placesOf('alice')).toEqual(['general:leave:']);
    expect(await stateOf('alice')).toBe('applied');
    world.calls = [];
    await settle();
    expect(world.writes).toEqual([]);
  });

  it.each([false, true])(
    'of an administrator of the homeserver is not touched by a revocation, guarded: %j',
    async (guarded) => {
      const { world, clock, say, settle, stateOf } = openPeople({ guard: strictGuard });
      const boss = world.addUser('boss', { admin: true });
      world.room('general').memberships.set(boss, 'join');
      world.room('general').levels.set(boss, 100);
      await say('revoked', 'boss', { guarded });
      await settle(2);
      expect(await stateOf('boss')).toBe(
        'failed: @boss:x is an administrator of the homeserver; take that away first.',
      );
      expect(world.writes).toEqual([]);
      world.users.set(boss, { ...userIn(world, boss), admin: false });
      clock.advance(1);
      await settle();
      expect(world.users.get(boss)).toMatchObject(ended);
      expect(world.placesOf('boss')).toEqual(['general:leave:']);
    },
  );

  it('of an administrator is not touched either when a held revocation is approved', async () => {
    const people = openPeople({ guard: { ...strictGuard, peopleMin: 1, percentMax: 1 } });
    const { world, say, settle, stateOf, door } = people;
    world.addUser('boss', { admin: true });
    await say('revoked', 'boss', { guarded: true });
    await settle();
    expect(await stateOf('boss')).toMatch(/^held/);
    await door.approve('boss', 'operator');
    await settle(2);
    expect(await stateOf('boss')).toMatch(/^failed: @boss:x is an administrator/);
    expect(world.writes).toEqual([]);
  });

  it('that became an administrator after it was locked is not ended', async () => {
    const { world, say, settle, stateOf } = openPeople();
    const boss = world.addUser('boss');
    await say('revoked', 'boss');
    world.fault = (call) => (call.startsWith('deactivate') ? 'away' : undefined);
    await settle(1);
    world.users.set(boss, { ...userIn(world, boss), admin: true });
    world.fault = () => undefined;
    await settle(2);
    expect(await stateOf('boss')).toMatch(/^failed: @boss:x is an administrator/);
    expect(world.users.get(boss)?.deactivated).toBe(false);
  });

  it('that somebody else ended and that is given back is let in everywhere again', async () => {
    const { world, clock, stop, say, settle, stateOf } = openPeople();
    const alice = world.addUser('alice');
    await say('created', 'alice', { displayName: 'Alice' });
    await settle();
    const places = world.placesOf('alice');
    await passTime(clock, world.deactivate(alice, true, stop.signal));
    world.users.set(alice, { ...userIn(world, alice), displayName: undefined });
    await say('created', 'alice');
    // The process dies right after the account was given back.
    let hasChanged = false;
    world.fault = (call) => {
      if (hasChanged) return 'away';
      hasChanged = call.startsWith('change');
      return undefined;
    };
    await settle(1).catch(() => undefined);
    expect(world.users.get(alice)?.deactivated).toBe(false);
    world.fault = () => undefined;
    await settle();
    expect(world.placesOf('alice')).toEqual(places);
    expect(world.users.get(alice)?.displayName).toBe('Alice');
    expect(await stateOf('alice')).toBe('applied');
  });

  it.each(['invite', 'knock'] as const)(
    'with an open %s is let in, or loses it',
    async (membership) => {
      const { world, say, settle } = openPeople();
      for (const name of ['alice', 'bob']) {
        world.room('general').memberships.set(world.addUser(name), membership);
      }
      await say('created', 'alice');
      await say('revoked', 'bob');
      await settle();
      expect(world.room('general').memberships.get(userOf('alice'))).toBe('join');
      expect(world.room('general').memberships.get(userOf('bob'))).toBe('leave');
    },
  );

  it('of the last administrator is demoted like any other', async () => {
    const { world, say, settle, stateOf } = openPeople();
    world.addUser('alice');
    await say('promoted', 'alice');
    await settle();
    await say('demoted', 'alice');
    await settle();
    expect(world.placesOf('alice').join()).not.toContain('100');
    expect(await stateOf('alice')).toBe('applied');
  });
});

describe('changes', () => {
  it('that come twice, or late, leave people where the last one led', async () => {
    const { world, say, settle } = openPeople();
    const alice = world.addUser('alice');
    for (const kind of [
      'created',
      'created',
      'promoted',
      'promoted',
      'demoted',
      'demoted',
    ] as const) {
      await say(kind, 'alice');
    }
    await settle();
    expect(world.placesOf('alice').join()).not.toContain('100');
    for (const kind of ['revoked', 'promoted', 'revoked', 'demoted', 'updated'] as const) {
      await say(kind, 'alice');
    }
    await settle();
    expect(world.users.get(alice)).toMatchObject(ended);
  });
});

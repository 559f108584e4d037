import { describe, expect, it } from 'vitest';
import { openPeople } from '../world/people-fixture.contract.ts';
import { userOf } from '../world/people-world.contract.ts';

const ended = { deactivated: true, erased: true };

describe('an account', () => {
  it.each([
    ['that is locked', { locked: true }],
    ['that is suspended', { suspended: true }],
    ['that is shadow-banned', { shadowBanned: true }],
    ['that is deactivated', { deactivated: true }],
    ['that is erased', ended],
    ['of an administrator of the homeserver', { admin: true }],
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

import { describe, expect, it } from 'vitest';
import { openPeople } from '../world/people-fixture.contract.ts';

describe('a person', () => {
  it('who is banned from the space leaves its rooms', async () => {
    const { world, say, settle, stateOf } = openPeople();
    const alice = world.addUser('alice');
    await say('created', 'alice');
    await settle();
    world.room('space').memberships.set(alice, 'ban');
    await settle();
    expect(world.placesOf('alice')).toEqual(['space:ban:', 'general:leave:', 'helpdesk:leave:']);
    expect(await stateOf('alice')).toBe('applied');
  });

  it('who made a room of version 12 and is demoted keeps its power there, and that is said', async () => {
    const { world, say, settle, stateOf } = openPeople();
    const alice = world.addUser('alice');
    await say('created', 'alice');
    await say('promoted', 'alice');
    await settle();
    world.creators.add(alice);
    await say('demoted', 'alice');
    await settle(1);
    expect(await stateOf('alice')).toMatch(/^failed: space: @alice:x made the room/);
  });

  it('who is demoted while a room cannot be seen loses its power there once it can', async () => {
    const { world, say, settle, stateOf } = openPeople();
    const alice = world.addUser('alice');
    await say('created', 'alice');
    await say('promoted', 'alice');
    await settle();
    for (const key of ['general', 'admin']) {
      const room = world.room(key);
      world.rooms.delete(key);
      await say('promoted', 'alice');
      await say('demoted', 'alice');
      await settle(1);
      expect(await stateOf('alice')).toContain(`The room ${key}`);
      world.rooms.set(key, room);
      await settle();
      expect(room.levels.has(alice)).toBe(false);
      expect(await stateOf('alice')).toBe('applied');
    }
    expect(world.room('admin').memberships.get(alice)).toBe('leave');
  });
});

import { describe, expect, it } from 'vitest';
import { openPeople } from './world/people-fixture.contract.ts';

const badInput = (detail: RegExp) =>
  expect.objectContaining({ code: 'bad_input', detail: expect.stringMatching(detail) });

describe("the people's door", () => {
  it('writes a change down under the localpart, and says so', async () => {
    const { door } = openPeople();
    const first = await door.change({ kind: 'created', name: 'NORPPA11a', source: 'rm' });
    expect(first).toEqual({ personId: 'norppa11a', revision: 1, standing: 'active' });
    const second = await door.change({ kind: 'promoted', name: 'norppa11A', source: 'rm' });
    expect(second).toMatchObject({ personId: 'norppa11a', revision: 2 });
    expect(await door.show('Norppa11A')).toMatchObject({
      name: 'norppa11A',
      roles: ['member', 'admin', 'admin-channel'],
      state: 'pending',
    });
    expect((await door.history('norppa11a', 10)).map(({ what }) => what)).toEqual([
      'promoted',
      'created',
    ]);
  });

  it('refuses names that are reserved or can have no account, and roles that are none', async () => {
    const { door } = openPeople();
    const say = (name: string, roles?: string[]) =>
      door.change({ kind: 'revoked', name, source: 'rm', roles });
    await expect(say('BOT')).rejects.toEqual(badInput(/reserved/));
    await expect(say('has space')).rejects.toEqual(badInput(/other characters/));
    await expect(say('tail\n')).rejects.toEqual(badInput(/other characters/));
    await expect(say('1234')).rejects.toEqual(badInput(/kept for guests/));
    await expect(say('')).rejects.toEqual(badInput(/is empty/));
    await expect(say('alice', ['member', 'king'])).rejects.toMatchObject({
      code: 'bad_input',
      problems: ['roles.1: There is no role "king"; there are: member, admin, admin-channel.'],
    });
    expect(await door.list({ limit: 10 })).toEqual([]);
  });

  it('knows nobody of whom nothing was said', async () => {
    const { door } = openPeople();
    expect(await door.show('alice')).toBeUndefined();
    expect(await door.show('has space')).toBeUndefined();
    expect(await door.history('alice', 10)).toEqual([]);
    expect(await door.approve('alice', 'operator')).toBe(false);
  });
});

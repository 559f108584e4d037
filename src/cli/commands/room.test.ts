import { describe, expect, it } from 'vitest';
import { type House, openHouse } from './house.contract.ts';

/** Makes everybody's messages need more power than the account has. */
function silence({ homeserver, roomId }: House): void {
  homeserver.setState(roomId, 'm.room.power_levels', '', { events_default: 50, users: {} });
}

/** A room of somebody else. */
function foreignRoom(
  house: House,
  changes: Partial<Parameters<House['homeserver']['createRoom']>[0]>,
) {
  const creator = house.homeserver.createUser('owner').userId;
  return house.homeserver.createRoom({ creator, ...changes });
}

describe('room create', () => {
  it('makes a room and shows the line for the configuration', async () => {
    const house = await openHouse();
    const { userId } = house.homeserver.createUser('me');
    const create = ['room', 'create', '--name', 'Night Ops', '--alias', 'nightops'];
    const ran = await house.run([...create, '--topic', 'at night', '--invite', userId]);
    expect(ran.out).toMatch(/^![^\s]+\n$/);
    expect(ran.err).toContain('rooms:\n  nightops: "#nightops:hs.test"\n');
    const test = await house.run(['room', 'test', '#nightops:hs.test']);
    expect(test).toMatchObject({ exit: 0, out: expect.stringMatching(/^ok/) });
  });

  it('names the room after what people see where it has no alias', async () => {
    const house = await openHouse();
    const ran = await house.run(['room', 'create', '--name', '2 Night Ops!', '--public', '--json']);
    const { room_id: roomId } = JSON.parse(ran.out) as { room_id: string };
    expect(ran.err).toContain(`  night-ops: "${roomId}"`);
  });

  it('makes it encrypted when asked', async () => {
    const house = await openHouse();
    const ran = await house.run(['room', 'create', '--name', 'Secrets', '--encrypted', '--json']);
    const made = JSON.parse(ran.out) as { room_id: string };
    expect(made).toMatchObject({ encrypted: true });
    expect(ran.err).toContain('It is encrypted: `bellhop doctor` says');
    const test = await house.run(['room', 'test', made.room_id]);
    expect(test.out).toContain('encrypted');
    const plain = await house.run(['room', 'create', '--name', 'Plain', '--json']);
    expect(JSON.parse(plain.out)).toMatchObject({ encrypted: false });
    expect(plain.err).not.toContain('encrypted');
  });

  it.each([
    [['--alias', '#ops:elsewhere'], /ends in :hs.test/],
    [['--alias', 'a b'], /no alias/],
    [['--invite', 'me'], /no user id/],
  ])('refuses %j', async (args, words) => {
    const house = await openHouse();
    const ran = await house.run(['room', 'create', ...args]);
    expect(ran).toMatchObject({ exit: 64, out: '', err: expect.stringMatching(words) });
  });

  it('says that an alias is taken', async () => {
    const house = await openHouse();
    await house.run(['room', 'create', '--alias', 'taken']);
    const ran = await house.run(['room', 'create', '--alias', 'taken']);
    expect(ran).toMatchObject({ exit: 77, out: '', err: expect.stringContaining('M_ROOM_IN_USE') });
  });
});

describe('room invite', () => {
  it('lets people in later, and says who needs no invitation', async () => {
    const house = await openHouse();
    const me = house.homeserver.createUser('me').userId;
    const other = house.homeserver.createUser('other').userId;
    const ran = await house.run(['room', 'invite', 'ops', me, house.bot.userId]);
    expect(ran).toEqual({
      out: `${me} is invited.\n${house.bot.userId} is in the room already.\n`,
      err: '',
      exit: 0,
    });
    const again = await house.run(['room', 'invite', house.roomId, me, other, '--json']);
    expect(
      again.out
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      { room_id: house.roomId, user_id: me, invited: false },
      { room_id: house.roomId, user_id: other, invited: true },
    ]);
  });

  it('says that the account may not, or that there is no such room', async () => {
    const house = await openHouse();
    const { userId } = house.homeserver.createUser('me');
    const closed = await house.run(['room', 'invite', foreignRoom(house, {}), userId]);
    expect(closed).toMatchObject({ exit: 77, err: expect.stringContaining('M_FORBIDDEN') });
    const none = await house.run(['room', 'invite', '#none:hs.test', userId]);
    expect(none).toMatchObject({ exit: 65, err: expect.stringContaining('leads nowhere') });
    expect(await house.run(['room', 'invite', 'ops', 'me'])).toMatchObject({ exit: 64 });
  });
});

describe('room join', () => {
  it('accepts an invitation', async () => {
    const house = await openHouse();
    const roomId = foreignRoom(house, { invited: [house.bot.userId] });
    house.configure({ rooms: { other: roomId }, sources: undefined });
    expect(await house.run(['room', 'join', 'other'])).toEqual({
      out: `${roomId}\n`,
      err: '',
      exit: 0,
    });
  });

  it('says that nobody invited it, or that there is no such room', async () => {
    const house = await openHouse();
    const closed = await house.run(['room', 'join', foreignRoom(house, {}), '--via', 'hs.test']);
    expect(closed).toMatchObject({ exit: 77, err: expect.stringContaining('M_FORBIDDEN') });
    const none = await house.run(['room', 'join', '#none:hs.test']);
    expect(none).toMatchObject({ exit: 77, err: expect.stringContaining('M_NOT_FOUND') });
    const typo = await house.run(['room', 'join', 'nosuch']);
    expect(typo).toMatchObject({ exit: 64, err: expect.stringContaining('"nosuch" is neither') });
  });
});

it('room list shows the rooms it is in, and what they are called here', async () => {
  const house = await openHouse();
  const ran = await house.run(['room', 'list', '--json']);
  expect(JSON.parse(ran.out)).toEqual({
    room_id: house.roomId,
    name: 'Operations',
    configured: ['ops'],
  });
  const shown = await house.run(['room', 'list', '--account', 'main']);
  expect(shown.out).toMatch(/^ROOM ID +ALIAS +CONFIGURED AS +NAME\n!\S+ +- +ops +Operations\n$/);
});

describe('room test', () => {
  it('is 0 and sends nothing where it could send', async () => {
    const house = await openHouse();
    const ran = await house.run(['room', 'test', 'ops']);
    expect(ran).toMatchObject({ exit: 0, err: '', out: expect.stringMatching(/^ok .*may send/) });
    expect(house.homeserver.messages(house.roomId)).toEqual([]);
    expect((await house.run(['room', 'test', 'ops', '-q'])).out).toBe('');
  });

  it('sends when asked', async () => {
    const house = await openHouse();
    const ran = await house.run(['room', 'test', 'ops', '--send', 'is this on?']);
    expect(ran).toMatchObject({ exit: 0, out: expect.stringMatching(/^ok .*\ndelivered \$/s) });
    expect(house.homeserver.messages(house.roomId)).toMatchObject([
      { content: { body: 'is this on?' } },
    ]);
  });

  it('says that the account lacks power', async () => {
    const house = await openHouse();
    const roomId = foreignRoom(house, { members: [house.bot.userId] });
    silence({ ...house, roomId });
    const ran = await house.run(['room', 'test', roomId, '--send']);
    expect(ran).toMatchObject({ exit: 77, out: expect.stringMatching(/power 0 .*needs 50/) });
  });

  it('says that the account is not in the room, and whom to invite', async () => {
    const house = await openHouse();
    const ran = await house.run(['room', 'test', foreignRoom(house, {})]);
    expect(ran).toMatchObject({ exit: 77, out: expect.stringContaining('Invite @bot:hs.test') });
  });

  it('says that a room is encrypted', async () => {
    const house = await openHouse();
    house.homeserver.encryptRoom(house.roomId);
    const { out, exit } = await house.run(['room', 'test', 'ops', '--json']);
    expect(exit).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      check: 'room ops',
      state: 'ok',
      detail: expect.stringContaining('may send, encrypted'),
    });
  });

  it('says that a room lacks the encryption it must have', async () => {
    const house = await openHouse();
    house.configure({ rooms: { ops: { room: house.roomId, encryption: 'required' } } });
    const ran = await house.run(['room', 'test', 'ops']);
    expect(ran.out).toContain('dead(unencrypted)');
    expect(ran.exit).not.toBe(0);
  });

  it('looks at the room that replaced it', async () => {
    const house = await openHouse();
    const replacement = house.homeserver.upgradeRoom(house.roomId, { by: house.bot.userId });
    const ran = await house.run(['room', 'test', 'ops']);
    expect(ran.out).toMatch(/^warn .*it was replaced by .*\nok .*may send/);
    expect(ran.out).toContain(replacement);
    expect(ran.exit).toBe(0);
  });

  it('says that an alias leads nowhere', async () => {
    const house = await openHouse();
    const ran = await house.run(['room', 'test', '#none:hs.test']);
    expect(ran).toMatchObject({ exit: 77, out: expect.stringContaining('leads nowhere') });
  });

  it('says that the homeserver is away', async () => {
    const house = await openHouse();
    await house.homeserver.goAway();
    const ran = await house.run(['room', 'test', 'ops']);
    expect(ran).toMatchObject({ exit: 69, out: '' });
  });
});

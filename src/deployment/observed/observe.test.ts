import { describe, expect, it, onTestFinished } from 'vitest';
import { encodePath } from '../../matrix/encode-path.ts';
import type { RoomId } from '../../matrix/ids.ts';
import { createRoom } from '../../matrix/rooms.ts';
import type { Session } from '../../matrix/session.ts';
import { sessionCallWith } from '../../matrix/session-call.ts';
import { openHomeserver } from '../../matrix/undici-homeserver.ts';
import { startFakeHomeserver } from '../../testing/fake-homeserver.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import { Deployment } from '../deployment.ts';
import { deploymentOf } from '../simulated-homeserver.contract.ts';
import { markerType } from './marker.ts';

/** More than a fake room's state, and less than one with a large event in it. */
const responseBytesMax = 30_000;
const { signal } = new AbortController();

function deployment(file: object, session: Session): Deployment {
  return new Deployment(deploymentOf(file), {
    session: () => Promise.resolve(session),
    takeWriter: () => ({ release: () => undefined }),
    clock: new ManualClock(),
    onStep: () => undefined,
  });
}

it('a room that its administrator has blown up hides no other, and is not made again', async () => {
  await using fake = await startFakeHomeserver({ serverName: 'example.org' });
  const homeserver = openHomeserver(fake.baseUrl, { responseBytesMax });
  const session = { homeserver, ...fake.createUser('bot', { admin: true }) };
  const fileWith = (topic: string): object => ({
    space: { alias: 'space' },
    rooms: { big: { alias: 'big' }, help: { alias: 'help', topic } },
  });
  const { rooms } = await deployment(fileWith('Ask'), session).apply(signal);
  const [bigId, helpId] = [rooms.get('big'), rooms.get('help')];
  if (bigId === undefined || helpId === undefined) throw new Error('no rooms');
  fake.setState(bigId, 'org.example.junk', '', { junk: 'x'.repeat(40_000) });
  const again = await deployment(fileWith('Do ask'), session).apply(signal);
  expect(again.findings).toMatchObject([{ kind: 'unfixable', key: 'big' }]);
  expect(again.taken.map(({ step }) => step.key)).toEqual(['help']);
  expect(fake.state(helpId, 'm.room.topic', '')).toMatchObject({ topic: 'Do ask' });
  await homeserver.close();
});

it('a room without an alias that was made anew is not made again and again', async () => {
  await using fake = await startFakeHomeserver({ serverName: 'example.org' });
  const homeserver = openHomeserver(fake.baseUrl);
  const session = { homeserver, ...fake.createUser('bot', { admin: true }) };
  // Whichever of the two ids comes first in the alphabet, one of these goes back to the room that was replaced.
  for (const key of ['one', 'two', 'three', 'four']) {
    await deployment({ name: key, rooms: { [key]: {} } }, session).apply(signal);
    const asSpace = deployment({ name: key, space: { key } }, session);
    expect(await asSpace.apply(signal)).toMatchObject({ converged: true });
    expect(await asSpace.apply(signal)).toMatchObject({ converged: true, taken: [] });
  }
  await homeserver.close();
});

describe('a key without an alias', () => {
  const file = { rooms: { quiet: {} } };

  /** Two open rooms that say the same, as after two writers at once. */
  async function doubled(): Promise<{ session: Session; one: RoomId; two: RoomId }> {
    const fake = await startFakeHomeserver({ serverName: 'example.org' });
    const homeserver = openHomeserver(fake.baseUrl);
    onTestFinished(async () => {
      await homeserver.close();
      await fake.stop();
    });
    const bot = fake.createUser('bot', { admin: true });
    const session = { homeserver, ...bot };
    const one = (await deployment(file, session).apply(signal)).rooms.get('quiet');
    const marker = one && fake.state(one, markerType, '');
    const two = fake.createRoom({ creator: bot.userId });
    if (one === undefined || marker === undefined) throw new Error('no room');
    fake.setState(two, markerType, '', marker);
    return { session, one, two };
  }

  it('of which there are two rooms is told with both, and with which is used', async () => {
    const { session, one, two } = await doubled();
    const plan = await deployment(file, session).plan(signal);
    const { rooms } = await deployment(file, session).apply(signal);
    const used = rooms.get('quiet');
    const other = used === one ? two : one;
    expect(plan.findings).toContainEqual(
      expect.objectContaining({
        kind: 'unfixable',
        key: 'quiet',
        reason: `There are several rooms of this key: ${used}, which is used, and ${other}.`,
      }),
    );
  });

  it('of which there is one again is as it should be once the bot has left the other', async () => {
    const { session, one, two } = await doubled();
    const used = (await deployment(file, session).apply(signal)).rooms.get('quiet');
    const other = used === one ? two : one;
    await sessionCallWith(
      session,
      'POST',
      encodePath`/_matrix/client/v3/rooms/${other}/leave`,
      {},
      signal,
    );
    const plan = await deployment(file, session).plan(signal);
    expect(plan.findings.filter(({ kind }) => kind === 'unfixable')).toEqual([]);
  });

  it('whose room the file names although another is marked is told, and not moved', async () => {
    const { session } = await doubled();
    const named = await createRoom(session, {}, signal);
    const renamed = { rooms: { quiet: { room: named } } };
    const before = await deployment(renamed, session).apply(signal);
    const used = before.rooms.get('quiet');
    expect(used).not.toBe(named);
    expect(before.findings).toContainEqual(
      expect.objectContaining({
        kind: 'note',
        field: 'room',
        reason: expect.stringContaining(`The file names ${named}, but ${used} is marked`),
      }),
    );
    const same = deployment({ rooms: { quiet: { room: used } } }, session);
    expect((await same.plan(signal)).findings.filter(({ field }) => field === 'room')).toEqual([]);
  });
});

it('a room of the file that was upgraded is not passed over', async () => {
  await using fake = await startFakeHomeserver({ serverName: 'example.org' });
  const homeserver = openHomeserver(fake.baseUrl);
  const session = { homeserver, ...fake.createUser('bot', { admin: true }) };
  const file = { rooms: { help: { alias: 'help' } } };
  const first = (await deployment(file, session).apply(signal)).rooms.get('help');
  if (first === undefined) throw new Error('no room');
  for (let upgrades = 0; upgrades < 2; upgrades++) {
    const room = (await deployment(file, session).apply(signal)).rooms.get('help');
    const path = encodePath`/_matrix/client/v3/rooms/${room ?? first}/upgrade`;
    await sessionCallWith(session, 'POST', path, { new_version: '12' }, signal);
  }
  const named = { rooms: { help: { alias: 'help', room: first } } };
  await deployment(named, session).apply(signal);
  const { findings } = await deployment(named, session).plan(signal);
  expect(findings.filter(({ field }) => field === 'room')).toEqual([]);
  await homeserver.close();
});

it('a deployment that is renamed takes its rooms over where the file names them', async () => {
  await using fake = await startFakeHomeserver({ serverName: 'example.org' });
  const homeserver = openHomeserver(fake.baseUrl);
  const session = { homeserver, ...fake.createUser('bot', { admin: true }) };
  const help = { alias: 'help', aliases: ['ask'] };
  const before = await deployment({ rooms: { help } }, session).apply(signal);
  const renamed = { name: 'renamed', rooms: { help: { ...help, room: before.rooms.get('help') } } };
  const after = await deployment(renamed, session).apply(signal);
  expect(after).toMatchObject({ converged: true, findings: [] });
  expect(after.rooms).toEqual(before.rooms);
  await homeserver.close();
});

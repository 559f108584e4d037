import { expect, it } from 'vitest';
import type { Session } from '../matrix/session.ts';
import { openHomeserver } from '../matrix/undici-homeserver.ts';
import { startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Deployment } from './deployment.ts';
import { deploymentOf } from './simulated-homeserver.contract.ts';

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

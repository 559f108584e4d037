import { expect, it } from 'vitest';
import { openHomeserver } from '../matrix/undici-homeserver.ts';
import { startFakeHomeserver } from '../testing/fake-homeserver.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Deployment } from './deployment.ts';
import { deploymentOf } from './simulated-homeserver.contract.ts';

const minuteMs = 60_000;

it("a bot that was put out comes back although the homeserver's clock is minutes ahead", async () => {
  const clock = new ManualClock();
  const ahead = new ManualClock(clock.now() + 5 * minuteMs);
  await using fake = await startFakeHomeserver({ serverName: 'example.org', clock: ahead });
  const homeserver = openHomeserver(fake.baseUrl);
  const bot = fake.createUser('bot', { admin: true });
  const alice = fake.createUser('alice');
  const deployment = new Deployment(deploymentOf({ rooms: { help: { alias: 'help' } } }), {
    session: () => Promise.resolve({ homeserver, ...bot }),
    takeWriter: () => ({ release: () => undefined }),
    clock,
    onStep: () => undefined,
  });
  const { signal } = new AbortController();
  const roomId = (await deployment.apply(signal)).rooms.get('help');
  if (roomId === undefined) throw new Error('no room');
  fake.setMembership(roomId, alice.userId, 'join');
  const levels = fake.state(roomId, 'm.room.power_levels', '');
  fake.setState(roomId, 'm.room.power_levels', '', {
    ...levels,
    users: { [alice.userId]: 100, [bot.userId]: 200 },
  });
  fake.setMembership(roomId, bot.userId, 'leave');
  expect(await deployment.apply(signal)).toMatchObject({ converged: true });
  expect(fake.state(roomId, 'm.room.member', bot.userId)).toMatchObject({ membership: 'join' });
  await homeserver.close();
});

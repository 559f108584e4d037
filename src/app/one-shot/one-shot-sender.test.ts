import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { RoomRecord } from '../../delivery/room-memory.ts';
import type { ClaimedEntry } from '../../outbox/outbox.ts';
import { startFakeHomeserver } from '../../testing/fake-homeserver.ts';
import { openOneShotSender } from './one-shot-sender.ts';
import type { SendSettings } from './send-settings.ts';

const parts = {
  queue: {
    attachment: async () => await Promise.resolve(undefined),
    isKnownEvent: async () => await Promise.resolve(false),
    eventIdOf: async () => await Promise.resolve(undefined),
  },
  memory: {
    rooms: async (): Promise<RoomRecord[]> => await Promise.resolve([]),
    remember: async () => await Promise.resolve(),
    markEncrypted: async () => await Promise.resolve(),
  },
};

it('encryption that is required of one account in a room is not required of another there', async () => {
  const homeserver = await startFakeHomeserver();
  const dataDir = mkdtempSync(join(tmpdir(), 'bellhop-one-shot-'));
  const users = ['open', 'guarded'].map((name) => ({ name, ...homeserver.createUser(name) }));
  const [creator, member] = users.map(({ userId }) => userId);
  if (creator === undefined || member === undefined) throw new Error('there are two');
  const room = homeserver.createRoom({ creator, members: [member] });
  const settings = {
    dataDir,
    accounts: users.map(({ name, userId, accessToken }) => ({
      name,
      userId,
      homeserver: homeserver.baseUrl,
      accessToken: { inline: accessToken },
    })),
    rooms: [
      { name: 'a', account: 'open', room, encryption: 'auto' },
      { name: 'b', account: 'guarded', room, encryption: 'required' },
    ],
  } as unknown as SendSettings;
  const outcomeFor = async (account: string): Promise<unknown> => {
    const { sender, close } = await openOneShotSender(settings, account, parts, 'nothing');
    const { signal } = new AbortController();
    const key = { account, room };
    const opening = await sender.open(key, signal);
    if (!opening.ok) throw new Error(opening.setback.error);
    const content = Buffer.from('{"body":"x","msgtype":"m.text"}');
    const entry = { txnId: account, type: 'm.room.message', content } as ClaimedEntry;
    const outcome = await sender.send(entry, opening.target, key, signal);
    await close();
    return outcome;
  };
  expect(await outcomeFor('open')).toMatchObject({ kind: 'delivered' });
  expect(await outcomeFor('guarded')).toMatchObject({ kind: 'dead', reason: 'unencrypted' });
  await homeserver.stop();
  rmSync(dataDir, { recursive: true });
});

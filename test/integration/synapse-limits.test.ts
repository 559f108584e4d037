import { expect, it } from 'vitest';
import type { RoomId } from '../../src/matrix/ids.ts';
import { createRoom } from '../../src/matrix/rooms.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { startSynapse } from '../synapse/start-synapse.ts';
import { readTexts } from './parts/read-room.ts';
import { startGateway } from './parts/start-gateway.ts';
import { SynapsePeople, soon } from './parts/synapse-people.ts';

/** Synapse lets an account log in from one address five times; the reader is the fifth. */
const accounts = ['one', 'two', 'three'] as const;
/** Synapse takes ten at once from one account, and then one every five seconds. */
const messagesOfAccount = 12;

await describeWithSynapse('at Synapse’s default limits', () => {
  it('more messages than it takes at once arrive once and in order, and nobody waits for another’s limit', async () => {
    await using synapse = await startSynapse({ limits: 'default' });
    await using people = new SynapsePeople(synapse);
    const reader = await people.arrive('reader');
    const rooms = new Map<string, RoomId>();
    const configured: Record<string, object> = {};
    for (const account of accounts) {
      rooms.set(account, await createRoom(reader, { preset: 'public_chat' }, soon()));
      configured[account] = people.accountOf(await people.register(account));
    }
    await using gateway = await startGateway({
      accounts: configured,
      rooms: Object.fromEntries([...rooms].map(([account, room]) => [account, { room, account }])),
    });
    const marks = Array.from({ length: messagesOfAccount }, (_, i) => `mark ${i}`);
    for (const body of marks) {
      const answer = await gateway.call('POST', '/v1/notifications', {
        body: { room: accounts, body },
      });
      expect(answer.status).toBe(202);
    }
    const ends = await gateway.settled();
    expect(ends.map(({ state }) => state)).toEqual(ends.map(() => 'delivered'));
    for (const account of accounts) {
      expect(gateway.log.of('lane_waits', { account, for: 'limit' }).length).toBeGreaterThan(0);
      const room = rooms.get(account);
      expect(room && (await readTexts(reader, room))).toEqual(marks);
    }
    const refused = gateway.log.of('attempt', { outcome: 'limited' });
    // Each account asks again when it was told to, not before: a few refusals, no storm of them.
    expect(refused.length).toBeLessThanOrEqual(accounts.length * 2 * (messagesOfAccount - 10));
  });
});

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { startFakeHomeserver } from '../../testing/fake-homeserver.ts';
import type { ChangeKind } from '../lifecycle-change.ts';
import { userOf } from '../world/people-world.contract.ts';
import { deeds } from './hostile-deeds.contract.ts';
import { type Act, HostileHouse, keys, names } from './hostile-house.contract.ts';

const kinds: readonly ChangeKind[] = ['created', 'promoted', 'demoted', 'revoked'];
/** Fewer calls than a round of everything makes. */
const callsMax = 120;

const name = fc.constantFrom(...names);
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      name,
      what: fc.constantFrom(...kinds),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('try' as const),
      name,
      deed: fc.constantFrom(...Object.keys(deeds)),
      key: fc.constantFrom(...keys),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('reconcile' as const),
      diesAt: fc.nat(callsMax),
      isLastDone: fc.boolean(),
    }),
  },
);

/** What the changes of one person ask for. */
function expected(changes: readonly ChangeKind[]): 'gone' | 'admin' | 'no admin' {
  const last = changes.lastIndexOf('revoked');
  const since = changes.slice(last + 1);
  if (last !== -1 && !since.includes('created')) return 'gone';
  const counts = last === -1 ? since : since.slice(since.indexOf('created'));
  return counts.findLast((kind) => kind !== 'created') === 'promoted' ? 'admin' : 'no admin';
}

function expectRooms(house: HostileHouse): void {
  expect([...house.rooms.keys()]).toEqual([...keys]);
  for (const [key, roomId] of house.rooms) {
    const view = house.view(roomId);
    expect(view.powerOf(house.botUserId), key).toBeGreaterThanOrEqual(200);
    expect(view.content('m.room.join_rules')?.['join_rule'], key).not.toBe('public');
    if (key !== 'space') expect(view.content('m.room.encryption'), key).toBeDefined();
  }
}

function expectPerson(house: HostileHouse, one: string): void {
  const changes = house.said.get(one) ?? [];
  const userId = userOf(one);
  const wanted = expected(changes);
  if (wanted === 'admin') return;
  for (const [key, roomId] of house.rooms) {
    const because = `${one} in ${key} after ${changes.join()}`;
    const view = house.view(roomId);
    expect(view.powerOf(userId), because).toBeLessThan(50);
    if (wanted === 'gone') {
      expect(view.membershipOf(userId) ?? 'leave', because).toMatch(/leave|ban/);
    }
  }
  if (wanted === 'gone') expect(house.fake.tokensOf(userId)).toEqual([]);
}

it('whatever administrators try, and whenever the process dies, power ends where it was taken', async () => {
  const acts = fc.array(act, { maxLength: 25 });
  await fc.assert(
    fc.asyncProperty(acts, fc.constantFrom('11', '12'), async (steps, version) => {
      const fake = await startFakeHomeserver({ serverName: 'x', roomVersion: version });
      await using house = new HostileHouse(fake, version);
      for (const one of names) await house.take({ kind: 'say', name: one, what: 'promoted' });
      await house.reconcile();
      for (const step of steps) await house.take(step);
      for (let round = 0; round < 4; round++) {
        await house.reconcile();
        // Longer than a deactivation whose answer was lost may run.
        house.clock.advance(200_000);
      }
      expect(await house.reconcile()).toMatchObject({ converged: true });
      expectRooms(house);
      for (const one of names) expectPerson(house, one);
      const { writes } = house.line;
      await house.reconcile();
      expect(house.line.writes).toBe(writes);
    }),
    { numRuns: 30 },
  );
}, 60_000);

import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import { MemoryPeopleLedger } from '../ledger/memory-people-ledger.contract.ts';
import { declarePeople } from './declare-people.ts';
import type { DeclaredPerson } from './parse-people.ts';

const person = (name: string, change: Partial<DeclaredPerson> = {}): DeclaredPerson => ({
  name,
  roles: ['member'],
  displayName: undefined,
  externalId: undefined,
  ...change,
});
const listOf = (...people: DeclaredPerson[]) =>
  new Map(people.map((declared) => [declared.name, declared]));

/** What a directory says of somebody whom the file has too. */
const renamedByDirectory = {
  personId: 'bert',
  name: 'bert',
  source: 'rm',
  at: 1,
  kind: 'updated',
  displayName: 'B.',
} as const;

describe('a list of people', () => {
  it('is written down once, and again where it changed', async () => {
    const deps = { ledger: new MemoryPeopleLedger(), clock: new ManualClock() };
    const first = listOf(person('alice'), person('bob'));
    expect((await declarePeople(first, deps)).created).toEqual(['alice', 'bob']);
    expect((await declarePeople(first, deps)).created).toEqual([]);
    const second = listOf(person('alice', { roles: ['admin'] }), person('bob'));
    expect((await declarePeople(second, deps)).created).toEqual(['alice']);
    expect((await deps.ledger.person('alice'))?.wish.roles).toEqual(['admin']);
  });

  it('revokes whom it no longer names, past the guard', async () => {
    const deps = { ledger: new MemoryPeopleLedger(), clock: new ManualClock() };
    await declarePeople(listOf(person('alice'), person('bob')), deps);
    expect((await declarePeople(listOf(person('bob')), deps)).revoked).toEqual(['alice']);
    expect((await deps.ledger.person('alice'))?.wish).toMatchObject({
      standing: 'revoked',
      isGuarded: true,
    });
    expect((await declarePeople(listOf(person('bob')), deps)).revoked).toEqual([]);
    const again = await declarePeople(listOf(person('alice'), person('bob')), deps);
    expect(again.created).toEqual(['alice']);
  });

  it('leaves the last word to whoever had it', async () => {
    const deps = { ledger: new MemoryPeopleLedger(), clock: new ManualClock() };
    const list = listOf(person('alice'));
    await declarePeople(list, deps);
    const change = { personId: 'alice', name: 'alice', source: 'rm', at: 1 };
    await deps.ledger.record({ ...change, kind: 'revoked' });
    expect(await declarePeople(list, deps)).toEqual({
      created: [],
      revoked: [],
      leftAlone: ['alice'],
    });
    expect((await deps.ledger.person('alice'))?.wish.standing).toBe('revoked');
  });

  it('revokes whom it no longer names although a directory spoke of the display name', async () => {
    const deps = { ledger: new MemoryPeopleLedger(), clock: new ManualClock() };
    await declarePeople(listOf(person('bert', { displayName: 'Bert' })), deps);
    await deps.ledger.record(renamedByDirectory);
    expect((await declarePeople(new Map(), deps)).revoked).toEqual(['bert']);
  });

  it('contradicts no directory by staying as it is, and is heard where it says other roles', async () => {
    const deps = { ledger: new MemoryPeopleLedger(), clock: new ManualClock() };
    const list = listOf(person('bert', { displayName: 'Bert' }));
    await declarePeople(list, deps);
    await deps.ledger.record(renamedByDirectory);
    expect(await declarePeople(list, deps)).toEqual({
      created: [],
      revoked: [],
      leftAlone: ['bert'],
    });
    expect((await deps.ledger.person('bert'))?.wish.displayName).toBe('B.');
    const other = listOf(person('bert', { displayName: 'Bert', roles: ['admin'] }));
    expect((await declarePeople(other, deps)).created).toEqual(['bert']);
  });

  it('leaves to a directory whom it gave roles or let in', async () => {
    for (const change of [{ kind: 'updated', roles: ['admin'] }, { kind: 'created' }] as const) {
      const deps = { ledger: new MemoryPeopleLedger(), clock: new ManualClock() };
      await declarePeople(listOf(person('bert')), deps);
      await deps.ledger.record({ personId: 'bert', name: 'bert', source: 'rm', at: 1, ...change });
      expect((await declarePeople(new Map(), deps)).revoked).toEqual([]);
    }
  });
});

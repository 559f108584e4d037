import { describe, expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import { MemoryPeopleLedger } from '../ledger/memory-people-ledger.contract.ts';
import type { PersonState } from '../person-record.ts';
import { declarePeople } from './declare-people.ts';
import { owedPeople } from './owed-people.ts';
import type { DeclaredPerson } from './parse-people.ts';

const person = (name: string, roles: readonly string[] = ['member']): DeclaredPerson => ({
  name,
  roles,
  displayName: undefined,
  externalId: undefined,
});
const listOf = (...people: DeclaredPerson[]) =>
  new Map(people.map((declared) => [declared.name, declared]));

async function ledgerWith(...people: DeclaredPerson[]): Promise<MemoryPeopleLedger> {
  const ledger = new MemoryPeopleLedger();
  await declarePeople(listOf(...people), { ledger, clock: new ManualClock() });
  return ledger;
}

async function become(ledger: MemoryPeopleLedger, personId: string, state: PersonState) {
  const record = await ledger.person(personId);
  if (record === undefined) throw new Error(`${personId} is not known`);
  const detail = state === 'failed' ? 'Why.' : undefined;
  const { revision } = record.wish;
  const progress = { ...record.progress, state, detail, revision };
  await ledger.recordResults([{ personId, revision, progress, deeds: [] }]);
}

describe('people are owed', () => {
  it('what the list says and nobody asked for yet', async () => {
    const ledger = await ledgerWith(person('anna'), person('bert'), person('carl'));
    for (const name of ['anna', 'bert', 'carl']) await become(ledger, name, 'applied');
    const list = listOf(person('anna'), person('bert', ['member', 'admin']), person('dora', []));
    expect(await owedPeople(list, ledger)).toEqual([
      { personId: 'bert', kind: 'let_in', text: 'let in as member, admin' },
      { personId: 'dora', kind: 'let_in', text: 'let in' },
      { personId: 'carl', kind: 'let_go', text: 'let go, as the name was taken off the list' },
    ]);
  });

  it('everything where there is no ledger yet', async () => {
    expect(await owedPeople(listOf(person('anna')))).toEqual([
      { personId: 'anna', kind: 'let_in', text: 'let in as member' },
    ]);
  });

  it('what was asked for and is not brought about, but no account', async () => {
    const list = [person('anna'), person('bert'), person('carl'), person('dora')];
    const ledger = await ledgerWith(...list);
    await become(ledger, 'bert', 'failed');
    await become(ledger, 'carl', 'waiting');
    await become(ledger, 'dora', 'applied');
    expect(await owedPeople(listOf(...list), ledger)).toEqual([
      { personId: 'anna', kind: 'pending', text: 'pending' },
      { personId: 'bert', kind: 'failed', text: 'failed: Why.' },
    ]);
  });

  it('nothing by the file where somebody else decided', async () => {
    const ledger = new MemoryPeopleLedger();
    const change = { personId: 'anna', name: 'anna', source: 'rm', at: 1 } as const;
    await ledger.record({ ...change, kind: 'revoked' });
    expect(await owedPeople(listOf(person('anna')), ledger)).toEqual([]);
  });
});

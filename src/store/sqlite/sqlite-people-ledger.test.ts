import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { peopleLedgerContract } from '../../people/people-ledger.contract.ts';
import { openInlineStore } from './open-inline-store.ts';
import { openSqliteStore } from './open-sqlite-store.ts';
import { type OpenStore, openTempStore } from './temp-store.contract.ts';

const withStore = (open: OpenStore) => async () => {
  const temp = await openTempStore(open);
  return {
    ledger: temp.store.people,
    restart: async () => (await temp.restart()).people,
    close: () => temp.close(),
  };
};

peopleLedgerContract('the ledger in SQLite, in a thread', withStore(openSqliteStore));
peopleLedgerContract('the ledger in SQLite, in line', withStore(openInlineStore));

describe('a person who was written down before decisions were told apart from other changes', () => {
  it('counts as decided on, and as changed in standing, by its last change', async () => {
    const temp = await openTempStore(openInlineStore);
    try {
      const change = { personId: 'alice', name: 'alice', source: 'deployment file', at: 1 };
      await temp.store.people.record({ ...change, kind: 'created' });
      await temp.store.people.record({ ...change, kind: 'updated' });
      const db = new DatabaseSync(temp.options.file);
      db.exec("update person set wish = json_remove(wish, '$.decidedBy', '$.standingRevision')");
      db.close();
      const { people } = await temp.restart();
      const later = { ...change, source: 'rm', kind: 'updated', displayName: 'A.' } as const;
      expect((await people.record(later)).wish).toMatchObject({
        revision: 3,
        decidedBy: 'deployment file',
        standingRevision: 2,
      });
    } finally {
      await temp.close();
    }
  });
});

describe('the ledger on a full disk', () => {
  it('refuses a change with storage_full and keeps what it had', async () => {
    const temp = await openTempStore(openSqliteStore, { pagesMax: 60 });
    try {
      const { people } = temp.store;
      const record = (index: number) =>
        people.record({ personId: `p${index}`, name: 'P', kind: 'revoked', source: 'rm', at: 1 });
      let recorded = 0;
      // Sixty pages are 240 kB, far less than this many people take.
      const fill = async () => {
        for (; recorded < 5_000; recorded++) await record(recorded);
      };
      await expect(fill()).rejects.toMatchObject({ code: 'storage_full' });
      expect(await people.people({ limit: 10_000 })).toHaveLength(recorded);
      expect(await people.history(`p${recorded}`, 10)).toEqual([]);
    } finally {
      await temp.close();
    }
  });
});

describe('changes recorded together', () => {
  const created = (personId: string) =>
    ({ personId, name: personId, kind: 'created', source: 'file', at: 1 }) as const;

  it.each([
    ['in a thread', openSqliteStore],
    ['in line', openInlineStore],
  ] as const)('are all refused where one of them cannot be written, %s', async (_, open) => {
    const temp = await openTempStore(open as OpenStore);
    try {
      const db = new DatabaseSync(temp.options.file);
      db.exec(`create trigger no_bob before insert on person when new.person_id = 'bob'
               begin select raise(abort, 'no bob'); end`);
      db.close();
      const { people } = temp.store;
      const all = [created('alice'), created('bob')];
      await expect(people.recordAll(all)).rejects.toMatchObject({ code: 'storage_failed' });
      expect(await people.people({ limit: 10 })).toEqual([]);
      expect(await people.history('alice', 10)).toEqual([]);
    } finally {
      await temp.close();
    }
  });

  it('are all refused where they bring one person too many', async () => {
    const temp = await openTempStore(openInlineStore);
    try {
      const { people } = temp.store;
      await people.record(created('alice'));
      const db = new DatabaseSync(temp.options.file);
      db.exec('update person set seq = 99_999');
      db.close();
      const full = { code: 'people_full' };
      await expect(people.recordAll(['bob', 'carol'].map(created))).rejects.toMatchObject(full);
      await people.recordAll(['alice', 'bob', 'bob'].map(created));
      await expect(people.record(created('carol'))).rejects.toMatchObject(full);
      expect((await people.people({ limit: 10 })).map(({ wish }) => wish.personId)).toEqual([
        'alice',
        'bob',
      ]);
    } finally {
      await temp.close();
    }
  });
});

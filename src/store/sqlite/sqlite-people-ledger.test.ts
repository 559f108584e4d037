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

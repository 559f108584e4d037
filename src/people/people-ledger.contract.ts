import { describe, expect, it } from 'vitest';
import type { ChangeKind, LifecycleChange } from './lifecycle-change.ts';
import type { PeopleLedger } from './people-ledger.ts';
import type { PersonProgress, PersonRecord } from './person-record.ts';

/** An implementation under the contract, alone with its storage. */
export interface PeopleLedgerHarness {
  readonly ledger: PeopleLedger;
  /** The same storage, opened as after kill -9. */
  restart(): Promise<PeopleLedger>;
  close(): Promise<void>;
}

const t0 = 1_700_000_000_000;

const change = (
  kind: ChangeKind,
  personId = 'alice',
  more: Partial<LifecycleChange> = {},
): LifecycleChange => ({ personId, name: personId, kind, source: 'rm', at: t0, ...more });

const applied = ({ wish, progress }: PersonRecord): PersonProgress => ({
  ...progress,
  state: 'applied',
  at: t0 + 5,
  userId: `@${wish.personId}:x`,
  applied: `v${wish.revision}`,
  createdRevision: wish.createdRevision,
  kept: { userId: `@${wish.personId}:x`, rooms: ['general'] },
});

const result = (record: PersonRecord, progress: PersonProgress = applied(record)) => ({
  personId: record.wish.personId,
  revision: record.wish.revision,
  progress,
  deeds: [{ at: t0 + 3, what: 'join general', result: 'done' }],
});

/** What every implementation of the PeopleLedger port promises. */
export function peopleLedgerContract(name: string, open: () => Promise<PeopleLedgerHarness>): void {
  const withLedger =
    (claim: (ledger: PeopleLedger, harness: PeopleLedgerHarness) => Promise<void>) => async () => {
      const harness = await open();
      try {
        await claim(harness.ledger, harness);
      } finally {
        await harness.close();
      }
    };

  describe(name, () => {
    it(
      'what is recorded is there after kill -9',
      withLedger(async (ledger, { restart }) => {
        expect(await ledger.person('alice')).toBeUndefined();
        const roles = ['member', 'ops'];
        const externalId = { provider: 'oidc-keycloak', externalId: 'u-1' };
        const record = await ledger.record(
          change('created', 'alice', { name: 'ALICE', displayName: 'Alice', roles, externalId }),
        );
        expect(record.wish).toMatchObject({ name: 'ALICE', standing: 'active', roles, externalId });
        expect(record.progress.state).toBe('pending');
        const again = await restart();
        expect(await again.person('alice')).toEqual(record);
        expect(await again.history('alice', 10)).toEqual([
          {
            at: t0,
            personId: 'alice',
            who: 'rm',
            what: 'created',
            why: undefined,
            result: 'recorded',
          },
        ]);
      }),
    );

    it(
      'the last change of a person wins, and a revocation yields to a creation only',
      withLedger(async (ledger) => {
        const wishAfter = async (...kinds: ChangeKind[]) => {
          const id = kinds.join('-');
          for (const kind of kinds) await ledger.record(change(kind, id));
          const wish = (await ledger.person(id))?.wish;
          return `${wish?.standing} ${wish?.rank}`;
        };
        expect(await wishAfter('created')).toBe('active undefined');
        expect(await wishAfter('promoted', 'created')).toBe('active promoted');
        expect(await wishAfter('created', 'promoted', 'demoted')).toBe('active demoted');
        expect(await wishAfter('demoted')).toBe('unstated demoted');
        expect(await wishAfter('revoked')).toBe('revoked undefined');
        expect(await wishAfter('created', 'revoked', 'promoted', 'updated')).toBe(
          'revoked undefined',
        );
        expect(await wishAfter('promoted', 'revoked', 'created')).toBe('active undefined');
      }),
    );

    it(
      'only what says whether and as what a person is there decides, and only another decision is a change of standing',
      withLedger(async (ledger) => {
        const told = async (
          kind: ChangeKind,
          source: string,
          more: Partial<LifecycleChange> = {},
        ) => {
          const { wish } = await ledger.record(change(kind, 'alice', { source, ...more }));
          return `${wish.decidedBy} ${wish.standingRevision}`;
        };
        expect(await told('created', 'file', { roles: ['a', 'b'] })).toBe('file 1');
        expect(await told('updated', 'rm', { displayName: 'Alice' })).toBe('file 1');
        expect(await told('updated', 'rm', { roles: ['b', 'a'] })).toBe('rm 1');
        expect(await told('created', 'file')).toBe('file 1');
        expect(await told('promoted', 'rm')).toBe('rm 5');
        expect(await told('promoted', 'rm')).toBe('rm 5');
        expect(await told('revoked', 'file')).toBe('file 7');
        expect(await told('promoted', 'rm')).toBe('file 7');
        expect(await told('updated', 'rm', { roles: ['a'] })).toBe('file 7');
        expect(await told('revoked', 'rm')).toBe('rm 7');
        expect(await told('created', 'rm')).toBe('rm 11');
      }),
    );

    it(
      'changes recorded at once all count',
      withLedger(async (ledger) => {
        const ids = Array.from({ length: 50 }, (_, index) => `p${index}`);
        await Promise.all(
          ids.flatMap((id) => [
            ledger.record(change('created', id)),
            ledger.record(change('promoted', id)),
          ]),
        );
        for (const { wish } of await ledger.people({ limit: 100 })) {
          expect(wish).toMatchObject({ standing: 'active', rank: 'promoted', revision: 2 });
        }
      }),
    );

    it(
      'changes recorded together are written down in their order, and survive kill -9',
      withLedger(async (ledger, { restart }) => {
        await ledger.recordAll([]);
        await ledger.recordAll([
          change('created', 'alice'),
          change('created', 'bob'),
          change('promoted', 'alice'),
        ]);
        const again = await restart();
        const standing = async (id: string) => (await again.person(id))?.wish;
        expect(await standing('alice')).toMatchObject({ rank: 'promoted', revision: 2 });
        expect(await standing('bob')).toMatchObject({ standing: 'active', revision: 1 });
        const told = (await again.history('alice', 10)).map(({ what }) => what);
        expect(told).toEqual(['promoted', 'created']);
      }),
    );

    it(
      'people come in pages, in the order of their ids, also by state',
      withLedger(async (ledger) => {
        for (const id of ['carol', 'alice', 'bob', '=c3=a4']) {
          await ledger.record(change('created', id));
        }
        const ids = async (page: Parameters<PeopleLedger['people']>[0]) =>
          (await ledger.people(page)).map(({ wish }) => wish.personId);
        expect(await ids({ limit: 2 })).toEqual(['=c3=a4', 'alice']);
        expect(await ids({ limit: 10, after: 'alice' })).toEqual(['bob', 'carol']);
        const bob = await ledger.record(change('promoted', 'bob'));
        await ledger.recordResults([result(bob)]);
        expect(await ids({ limit: 10, state: 'applied' })).toEqual(['bob']);
        expect(await ids({ limit: 10, state: 'pending', after: 'alice' })).toEqual(['carol']);
      }),
    );

    it(
      'results are kept with what was done',
      withLedger(async (ledger, { restart }) => {
        const record = await ledger.record(change('created'));
        const stranger = { ...result(record), personId: 'nobody' };
        await ledger.recordResults([stranger, result(record)]);
        const again = await restart();
        expect(await again.person('nobody')).toBeUndefined();
        expect(await again.person('alice')).toEqual({ ...record, progress: applied(record) });
        const after = await again.record(change('updated'));
        expect(after.progress.kept).toEqual(applied(record).kept);
        const [, newest] = await again.history('alice', 2);
        expect(newest).toEqual({
          at: t0 + 3,
          personId: 'alice',
          who: 'bellhop',
          what: 'join general',
          why: 'revision 1',
          result: 'done',
        });
      }),
    );

    it(
      'a result about an earlier change leaves the person pending, but its deeds count',
      withLedger(async (ledger) => {
        const first = await ledger.record(change('created'));
        await ledger.record(change('revoked'));
        await ledger.recordResults([result(first)]);
        const record = await ledger.person('alice');
        expect(record?.wish.standing).toBe('revoked');
        expect(record?.progress).toMatchObject({
          state: 'pending',
          applied: 'v1',
          kept: { rooms: ['general'] },
        });
      }),
    );

    it(
      'a held revocation goes on once it is approved',
      withLedger(async (ledger) => {
        expect(await ledger.approve('alice', 'admin', t0)).toBe(false);
        const record = await ledger.record(change('revoked', 'alice', { guarded: true }));
        expect(await ledger.approve('alice', 'admin', t0)).toBe(false);
        const held = { ...record.progress, state: 'held' as const, detail: 'too many' };
        await ledger.recordResults([result(record, held)]);
        expect(await ledger.approve('alice', 'admin', t0 + 1)).toBe(true);
        expect(await ledger.person('alice')).toMatchObject({
          wish: { isApproved: true },
          progress: { state: 'pending' },
        });
        expect((await ledger.history('alice', 1))[0]).toMatchObject({
          who: 'admin',
          what: 'approved',
        });
      }),
    );

    it(
      'old lines of the audit log are purged, oldest first, and no others',
      withLedger(async (ledger) => {
        for (const at of [1, 2, 3, 4]) await ledger.record(change('updated', 'alice', { at }));
        expect(await ledger.purgeHistory(4, 2)).toBe(2);
        expect(await ledger.purgeHistory(4, 2)).toBe(1);
        expect(await ledger.purgeHistory(4, 2)).toBe(0);
        expect((await ledger.history('alice', 10)).map(({ at }) => at)).toEqual([4]);
        expect((await ledger.person('alice'))?.wish.revision).toBe(4);
      }),
    );
  });
}

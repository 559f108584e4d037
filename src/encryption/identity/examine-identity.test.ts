import { expect, it } from 'vitest';
import { type PublishedKeys, queryKeys } from '../../matrix/keys.ts';
import { IdentityFixture, signal } from './identity-fixture.contract.ts';
import type { FakeStore } from './identity-only-device.contract.ts';
import type { Judgement } from './judge-identity.ts';

const recordType = 'org.bellhop.device.FIRST';

const record = ({ server, user }: IdentityFixture) => server.accountData(user.userId, recordType);

/** What the homeserver shows of the account at the moment. */
async function look(fixture: IdentityFixture): Promise<PublishedKeys> {
  return await queryKeys(await fixture.session(), fixture.user.userId, signal);
}

/** Opens the store and judges it by what was shown before; how often the homeserver was asked once more. */
async function examine(
  fixture: IdentityFixture,
  store: FakeStore,
  shown: PublishedKeys,
): Promise<Judgement & { readonly looks: number; readonly keep: () => Promise<void> }> {
  const { owner, identities } = await fixture.open(store);
  let looks = 0;
  const stop = fixture.server.onExchange(({ path }) => {
    if (path.endsWith('/keys/query')) looks++;
  });
  const judgement = await identities.examine(owner, shown, signal);
  stop();
  return { ...judgement, looks, keep: async () => await judgement.remember(owner.session) };
}

/** A store that has an identity and has synced. */
async function settledStore(fixture: IdentityFixture): Promise<FakeStore> {
  const store = fixture.store();
  await fixture.setUp(store);
  expect(await fixture.judge(store)).toBe('ok');
  store.syncToken = 's1';
  return store;
}

it('what was shown before the opening is enough where all is well by it', async () => {
  await using fixture = await IdentityFixture.start();
  const store = await settledStore(fixture);
  const { state, looks } = await examine(fixture, store, await look(fixture));
  expect([state, looks]).toEqual(['ok', 0]);
});

it('an opening is remembered when the caller says so, and not before', async () => {
  await using fixture = await IdentityFixture.start();
  const store = await settledStore(fixture);
  const before = record(fixture);
  const { keep } = await examine(fixture, store, await look(fixture));
  expect(record(fixture)).toEqual(before);
  await keep();
  expect(record(fixture)).toMatchObject({ starts: store.starts, lost: false, outdated: false });
});

it('where all is not well, nothing is remembered', async () => {
  await using fixture = await IdentityFixture.start();
  await settledStore(fixture);
  const { state, keep } = await examine(fixture, fixture.store(), await look(fixture));
  expect(state).toBe('device-gone');
  const before = record(fixture);
  await keep();
  expect(record(fixture)).toEqual(before);
});

it('a store that has never synced is looked at once more: its first sync does not tell what has changed', async () => {
  await using fixture = await IdentityFixture.start();
  const store = await settledStore(fixture);
  store.syncToken = undefined;
  const { state, looks } = await examine(fixture, store, await look(fixture));
  expect([state, looks]).toEqual(['ok', 1]);
});

it('what another process set up until it let go of the store is not missed', async () => {
  await using fixture = await IdentityFixture.start();
  const store = fixture.store();
  store.syncToken = 's1';
  const shown = await look(fixture);
  await fixture.setUp(store);
  const { state, looks } = await examine(fixture, store, shown);
  expect([state, looks]).toEqual(['ok', 1]);
});

it('what another process reset until it let go of the store is not taken for an identity from elsewhere', async () => {
  await using fixture = await IdentityFixture.start();
  const store = await settledStore(fixture);
  const shown = await look(fixture);
  const other = await fixture.open(store);
  await other.identities.reset(other.owner, fixture.password, signal);
  const { state, looks } = await examine(fixture, store, shown);
  expect([state, looks]).toEqual(['ok', 1]);
});

it('an identity that was replaced before the device learnt of it is seen, whatever was shown', async () => {
  await using fixture = await IdentityFixture.start();
  const store = await settledStore(fixture);
  const elsewhere = await fixture.open(fixture.store('SECOND'));
  await elsewhere.identities.reset(elsewhere.owner, fixture.password, signal);
  const { state } = await examine(fixture, store, await look(fixture));
  expect(state).toBe('server-has-other-keys');
});

it('an old copy that another process found out until it let go of the store stays one', async () => {
  await using fixture = await IdentityFixture.start();
  const store = await settledStore(fixture);
  const copy = structuredClone(store);
  expect(await fixture.judge(store)).toBe('ok');
  const shown = await look(fixture);
  expect(await fixture.judge(copy)).toBe('store-is-old');
  const { state } = await examine(fixture, copy, shown);
  expect(state).toBe('store-is-old');
});

it('a device that was shown with another key is gone', async () => {
  await using fixture = await IdentityFixture.start();
  const { identity, known } = await settledStore(fixture);
  const begunAnew = { ...fixture.store(), identity, known, syncToken: 's1' };
  const { state } = await examine(fixture, begunAnew, await look(fixture));
  expect(state).toBe('device-gone');
});

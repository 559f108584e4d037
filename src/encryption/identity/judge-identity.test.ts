import { describe, expect, it } from 'vitest';
import { identityStates } from '../encryption.ts';
import { identityFailure } from './identity-failure.ts';
import { IdentityFixture, noPassword, signal } from './identity-fixture.contract.ts';
import { showIdentity } from './show-identity.ts';

const recordType = 'org.bellhop.device.FIRST';

describe('the judgement of an identity', () => {
  it('goes from not set up to ok, and remembers each opening of the store', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    expect(await fixture.judge(store)).toBe('not-set-up');
    expect(fixture.server.accountData(fixture.user.userId, recordType)).toBeUndefined();
    await fixture.setUp(store);
    for (const starts of [3, 4]) {
      expect(await fixture.judge(store)).toBe('ok');
      const record = fixture.server.accountData(fixture.user.userId, recordType);
      expect(record).toMatchObject({ starts, master_key: store.known, outdated: false });
    }
  });

  it('is the same again within one opening, and writes nothing then', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    await fixture.setUp(store);
    const { owner, identities } = await fixture.open(store);
    expect(await identities.judge(owner, signal)).toBe('ok');
    const requests = fixture.server.requests.length;
    expect(await identities.judge(owner, signal)).toBe('ok');
    const { requests: all } = fixture.server;
    expect(all.slice(requests).some(({ method }) => method === 'PUT')).toBe(false);
  });

  it('knows an old copy of a store, also one that counts alike, and for ever', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    await fixture.setUp(store);
    const copy = structuredClone(store);
    expect(await fixture.judge(store)).toBe('ok');
    for (let starts = 0; starts < 4; starts++) {
      expect(await fixture.judge(copy)).toBe('store-is-old');
    }
  });

  it('does not mistake a lost answer to its note for an old copy', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    await fixture.setUp(store);
    const { owner, identities } = await fixture.open(store);
    fixture.server.fault('setAccountData', { kind: 'drop-answer' }, { times: 1 });
    await expect(identities.judge(owner, signal)).rejects.toThrow('interrupted');
    expect(await identities.judge(owner, signal)).toBe('ok');
  });

  it('misses the device when the server forgot its keys, or has others', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    await fixture.setUp(store);
    expect(await fixture.judge(fixture.store())).toBe('device-gone');
    const remembered = () => fixture.server.accountData(fixture.user.userId, recordType);
    expect(remembered()).toMatchObject({ lost: true });
    expect(await fixture.judge(store)).toBe('ok');
    expect(remembered()).toMatchObject({ lost: false });
    fixture.server.deleteDevice(fixture.user.userId, 'FIRST');
    fixture.server.issueToken(fixture.user.userId, 'FIRST');
    const { owner, identities } = await fixture.open(store);
    const accessToken = fixture.server.issueToken(fixture.user.userId, 'FIRST');
    const session = { ...owner.session, accessToken };
    expect(await identities.judge({ ...owner, session }, signal)).toBe('device-gone');
  });

  it('asks a new device for the recovery key', async () => {
    await using fixture = await IdentityFixture.start();
    await fixture.setUp(fixture.store());
    expect(await fixture.judge(fixture.store('SECOND'))).toBe('needs-recovery-key');
  });

  it('tells another identity from its own, also when the device has forgotten its own', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    await fixture.setUp(store);
    expect(await fixture.judge(store)).toBe('ok');
    const elsewhere = await fixture.open(fixture.store('SECOND'));
    await elsewhere.identities.reset(elsewhere.owner, fixture.password, signal);
    expect(await fixture.judge(store)).toBe('server-has-other-keys');
    store.known = await elsewhere.device.masterKeyOf(fixture.user.userId);
    store.identity = undefined;
    expect(await fixture.judge(store)).toBe('server-has-other-keys');
  });

  it('makes good a signature that the device lacks', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    const { owner, identities } = await fixture.open(store);
    fixture.server.fault('uploadCrossSigningSignatures', { kind: 'status', status: 500 });
    await expect(identities.setUp(owner, noPassword, signal)).rejects.toThrow('500');
    fixture.server.clearFaults();
    store.keysUploaded = true;
    expect(await identities.judge(owner, signal)).toBe('ok');
    expect(await showIdentity(owner.session, signal)).toMatchObject({ signed: true });
  });

  it('names a failure with a remedy for every state but ok', () => {
    for (const state of identityStates) {
      if (state === 'ok') continue;
      const failure = identityFailure(state, 'main');
      expect(failure.entry.remedy).toContain('bellhop account identity');
      expect(failure.detail).toContain('main');
    }
  });
});

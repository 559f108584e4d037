import { ServerSideSecretStorageImpl } from 'matrix-js-sdk/lib/secret-storage.js';
import { describe, expect, it } from 'vitest';
import { Failure } from '../../errors.ts';
import { accountDataContent, putAccountDataContent } from '../../matrix/account-data-content.ts';
import type { Session } from '../../matrix/session.ts';
import { IdentityFixture, noPassword, signal } from './identity-fixture.contract.ts';
import { decodeRecoveryKey, encodeRecoveryKey } from './recovery-key.ts';
import { showIdentity } from './show-identity.ts';

const codeOf = async (work: Promise<unknown>): Promise<string> => {
  try {
    await work;
  } catch (error) {
    if (error instanceof Failure) return error.code;
    throw error;
  }
  return 'done';
};

/** Another client's secret storage, opened with a recovery key. */
function storageOfElement(session: Session, recoveryKey: string): ServerSideSecretStorageImpl {
  const key = Uint8Array.from(decodeRecoveryKey(recoveryKey));
  const adapter = {
    getAccountDataFromServer: async (type: string) =>
      (await accountDataContent(session, type, signal)) ?? null,
    setAccountData: async (type: string, content: object) => {
      await putAccountDataContent(session, type, { ...content }, signal);
      return {};
    },
  };
  const callbacks = {
    getSecretStorageKey: async ({ keys }: { keys: Record<string, unknown> }) =>
      await Promise.resolve([Object.keys(keys)[0] ?? '', key] as [string, typeof key]),
  };
  type Adapter = ConstructorParameters<typeof ServerSideSecretStorageImpl>[0];
  return new ServerSideSecretStorageImpl(adapter as unknown as Adapter, callbacks);
}

describe('setting an identity up', () => {
  it('uploads keys, identity and signatures one after the other, then keeps the secrets', async () => {
    await using fixture = await IdentityFixture.start();
    await fixture.setUp(fixture.store());
    const { changes } = fixture;
    expect(changes[3]).toMatch(/^m\.secret_storage\.key\.[0-9a-f]{32}$/);
    expect(changes.toSpliced(3, 1)).toEqual([
      'upload',
      'device_signing/upload',
      'signatures/upload',
      'm.cross_signing.master',
      'm.cross_signing.self_signing',
      'm.cross_signing.user_signing',
      'm.secret_storage.default_key',
    ]);
  });

  it("is opened by a person's client with the recovery key", async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    const storage = storageOfElement(await fixture.session(), await fixture.setUp(store));
    const id = await storage.getDefaultKeyId();
    expect(Object.keys((await storage.isStored('m.cross_signing.master')) ?? {})).toEqual([id]);
    expect(await storage.get('m.cross_signing.master')).toBe(store.identity?.master);
    expect(await storage.get('m.cross_signing.self_signing')).toBe(store.identity?.selfSigning);
    expect(await storage.get('m.cross_signing.user_signing')).toBe(store.identity?.userSigning);
    expect(await showIdentity(await fixture.session(), signal)).toEqual({
      userId: fixture.user.userId,
      masterKey: store.known,
      deviceId: 'FIRST',
      ed25519: store.ed25519,
      signed: true,
      secretStorageKeyId: id,
    });
  });

  it.each(Array.from({ length: 8 }, (_, step) => step))(
    'is whole after a crash at step %i and another try',
    async (step) => {
      for (const kind of ['drop-request', 'drop-answer'] as const) {
        await using fixture = await IdentityFixture.start();
        const store = fixture.store();
        let changes = 0;
        const isStep = ({ method, path }: { method: string; path: string }): boolean =>
          method !== 'GET' && /\/(keys|account_data)\/(?!query)/.test(path) && changes++ === step;
        fixture.server.fault(isStep, { kind });
        await expect(fixture.setUp(store)).rejects.toThrow(/unreachable|interrupted/);
        fixture.server.clearFaults();
        const recoveryKey = await fixture.setUp(store);
        expect(await fixture.judge(store)).toBe('ok');
        const second = fixture.store('SECOND');
        const { owner, identities } = await fixture.open(second);
        await identities.recover(owner, recoveryKey, signal);
        expect(await fixture.judge(second)).toBe('ok');
      }
    },
  );

  it('refuses an account that has an identity from elsewhere, and changes nothing', async () => {
    await using fixture = await IdentityFixture.start();
    await fixture.setUp(fixture.store());
    const { owner, identities } = await fixture.open(fixture.store('SECOND'));
    const before = [...fixture.changes];
    const refusal = identities.setUp(owner, fixture.password, signal);
    await expect(refusal).rejects.toThrow(/identity recover.*identity reset/);
    expect(await codeOf(refusal)).toBe('recovery_key_needed');
    expect(fixture.changes).toEqual(before);
  });
});

describe('recovering an identity', () => {
  it('shows a new device signed from its first upload on', async () => {
    await using fixture = await IdentityFixture.start();
    const recoveryKey = await fixture.setUp(fixture.store());
    const second = fixture.store('SECOND');
    const { owner, identities } = await fixture.open(second);
    const before = fixture.changes.length;
    await identities.recover(owner, recoveryKey, signal);
    expect(fixture.changes.slice(before)).toEqual(['upload']);
    expect(await showIdentity(owner.session, signal)).toMatchObject({ signed: true });
    expect(await fixture.judge(second)).toBe('ok');
  });

  it('signs a device whose keys were there before', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    const recoveryKey = await fixture.setUp(store);
    await fixture.judge(store);
    const second = await fixture.open(fixture.store('SECOND'));
    const { recoveryKey: next } = await second.identities.reset(
      second.owner,
      fixture.password,
      signal,
    );
    const { owner, identities } = await fixture.open(store);
    expect(await codeOf(identities.recover(owner, recoveryKey, signal))).toBe('recovery_key_wrong');
    await identities.recover(owner, next, signal);
    expect(await identities.judge(owner, signal)).toBe('ok');
    expect(await showIdentity(owner.session, signal)).toMatchObject({ signed: true });
  });

  it('opens what another client wrote, padded or not', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    await fixture.setUp(store);
    const key = Uint8Array.from({ length: 32 }, (_, index) => index);
    const recoveryKey = encodeRecoveryKey(key);
    const storage = storageOfElement(await fixture.session(), recoveryKey);
    const { keyId } = await storage.addKey('m.secret_storage.v1.aes-hmac-sha2', { key });
    const { master = '', selfSigning = '', userSigning = '' } = store.identity ?? {};
    await storage.store('m.cross_signing.master', `${master}=`, [keyId]);
    await storage.store('m.cross_signing.self_signing', selfSigning, [keyId]);
    await storage.store('m.cross_signing.user_signing', userSigning, [keyId]);
    const { owner, identities } = await fixture.open(fixture.store('SECOND'));
    await identities.recover(owner, recoveryKey, signal);
    expect(await identities.judge(owner, signal)).toBe('ok');
  });

  it('refuses a wrong key, keys of another identity, and an account without', async () => {
    await using fixture = await IdentityFixture.start();
    const wrong = encodeRecoveryKey(new Uint8Array(32));
    const { owner, identities } = await fixture.open(fixture.store('SECOND'));
    expect(await codeOf(identities.recover(owner, wrong, signal))).toBe('identity_not_set_up');
    const recoveryKey = await fixture.setUp(fixture.store());
    expect(await codeOf(identities.recover(owner, wrong, signal))).toBe('recovery_key_wrong');
    expect(await codeOf(identities.recover(owner, 'nonsense', signal))).toBe('recovery_key_wrong');
    const kept = await accountDataContent(owner.session, 'm.cross_signing.master', signal);
    await putAccountDataContent(owner.session, 'm.cross_signing.master', {}, signal);
    expect(await codeOf(identities.recover(owner, recoveryKey, signal))).toBe(
      'recovery_key_needed',
    );
    await putAccountDataContent(owner.session, 'm.cross_signing.master', kept ?? {}, signal);
    fixture.server.fault('setAccountData', { kind: 'status', status: 500 });
    const third = await fixture.open(fixture.store('THIRD'));
    const reset = third.identities.reset(third.owner, fixture.password, signal);
    await expect(reset).rejects.toThrow('500');
    fixture.server.clearFaults();
    expect(await codeOf(identities.recover(owner, recoveryKey, signal))).toBe('identity_differs');
    expect(await identities.judge(owner, signal)).not.toBe('ok');
  });
});

describe('resetting an identity', () => {
  it('makes another one with another recovery key, with the password', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    const former = await fixture.setUp(store);
    const masterKey = store.known;
    const { owner, identities } = await fixture.open(store);
    const { recoveryKey } = await identities.reset(owner, fixture.password, signal);
    expect(recoveryKey).not.toBe(former);
    expect(store.known).not.toBe(masterKey);
    expect(await identities.judge(owner, signal)).toBe('ok');
    const storage = storageOfElement(await fixture.session(), recoveryKey);
    expect(await storage.get('m.cross_signing.master')).toBe(store.identity?.master);
  });

  it.each([
    ['there is no password', noPassword],
    ['the password is wrong', async () => await Promise.resolve('wrong')],
  ])('leaves everything as it was when %s', async (_name, authenticate) => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    const recoveryKey = await fixture.setUp(store);
    const before = structuredClone(store);
    const { owner, identities } = await fixture.open(store);
    expect(await codeOf(identities.reset(owner, authenticate, signal))).toBe(
      'authentication_needed',
    );
    expect({ ...store, starts: 0 }).toEqual({ ...before, starts: 0 });
    expect(await identities.judge(owner, signal)).toBe('ok');
    const second = await fixture.open(fixture.store('SECOND'));
    await second.identities.recover(second.owner, recoveryKey, signal);
  });

  it('keeps to the new identity when only the answer was lost, and a set-up completes it', async () => {
    await using fixture = await IdentityFixture.start();
    const store = fixture.store();
    await fixture.setUp(store);
    const { owner, identities } = await fixture.open(store);
    let uploads = 0;
    const isWithPassword = ({ path }: { path: string }): boolean =>
      path.endsWith('/device_signing/upload') && uploads++ === 1;
    fixture.server.fault(isWithPassword, { kind: 'drop-answer' });
    await expect(identities.reset(owner, fixture.password, signal)).rejects.toThrow('interrupted');
    fixture.server.clearFaults();
    const { recoveryKey } = await identities.setUp(owner, noPassword, signal);
    const second = await fixture.open(fixture.store('SECOND'));
    await second.identities.recover(second.owner, recoveryKey, signal);
    expect(await second.identities.judge(second.owner, signal)).toBe('ok');
  });
});

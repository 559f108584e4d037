import { describe, expect, it } from 'vitest';
import { type EncryptionReport, identityStates } from '../encryption/encryption.ts';
import { encryptionReadiness } from './encryption-readiness.ts';

const report = (changes: Partial<EncryptionReport>): EncryptionReport => ({
  account: 'main',
  identity: 'ok',
  deviceId: 'DEVICE',
  withheld: new Map(),
  syncedAt: 0,
  crashes: 0,
  trouble: undefined,
  ...changes,
});

describe('readiness of encryption', () => {
  it('says nothing of an account that had nothing to encrypt', () => {
    const unused = report({ identity: undefined, deviceId: undefined, syncedAt: undefined });
    expect(encryptionReadiness([unused])).toEqual([]);
  });

  it('is well where the identity is in order and the device works', () => {
    expect(encryptionReadiness([report({})])).toEqual([
      { name: 'encryption main', ok: true, detail: undefined },
    ]);
  });

  it.each(identityStates.filter((state) => state !== 'ok'))(
    'names what to do about an identity that is %s',
    (identity) => {
      const [check] = encryptionReadiness([report({ identity })]);
      expect(check).toMatchObject({ name: 'encryption main', ok: false });
      expect(check?.detail).toContain('`bellhop account identity ');
    },
  );

  it('names trouble without the words of a homeserver', () => {
    const trouble = 'GET /rooms/!secret:example.org/state: 500';
    const [check] = encryptionReadiness([report({ identity: undefined, trouble })]);
    expect(check).toMatchObject({ ok: false, detail: expect.stringContaining('doctor') });
    expect(check?.detail).not.toContain('secret');
  });
});

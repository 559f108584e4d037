import { randomBytes } from 'node:crypto';
import { copyFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type TempDevices, tempDevices } from '../worker/temp-devices.contract.ts';
import { openElement } from './element-client.contract.ts';
import { Identities } from './identities.ts';
import {
  IdentityFixture,
  noPassword,
  type OpenedIdentity,
  signal,
} from './identity-fixture.contract.ts';
import { learnPublishedKeys } from './own-keys.ts';

/** An account whose devices have the real engine. */
async function open(
  fixture: IdentityFixture,
  temp: TempDevices,
  deviceId = 'FIRST',
): Promise<OpenedIdentity> {
  const { userId } = fixture.user;
  const device = await temp.open(deviceId.toLowerCase(), { userId, deviceId });
  const owner = { account: 'main', session: await fixture.session(deviceId), device };
  return { owner, identities: new Identities(randomBytes), device };
}

async function learn({ owner }: OpenedIdentity): Promise<void> {
  await learnPublishedKeys({ ...owner, opening: '', randomBytes, signal });
}

// A thread, an engine and a homeserver for each test take seconds where others keep the machine busy.
describe('an identity in the real engine', { timeout: 30_000 }, () => {
  it('is set up, judged, and its device known to be signed', async () => {
    await using fixture = await IdentityFixture.start();
    await using temp = tempDevices();
    const first = await open(fixture, temp);
    expect(await first.identities.judge(first.owner, signal)).toBe('not-set-up');
    await first.identities.setUp(first.owner, noPassword, signal);
    expect(await first.identities.judge(first.owner, signal)).toBe('ok');
    expect(await first.device.signOwnDevice()).toBeUndefined();
    await first.identities.setUp(first.owner, noPassword, signal);
    expect(await first.identities.judge(first.owner, signal)).toBe('ok');
  });

  it('is taken over by a new device before its first upload', async () => {
    await using fixture = await IdentityFixture.start();
    await using temp = tempDevices();
    const first = await open(fixture, temp);
    const { recoveryKey } = await first.identities.setUp(first.owner, noPassword, signal);
    const second = await open(fixture, temp, 'SECOND');
    expect(await second.identities.judge(second.owner, signal)).toBe('needs-recovery-key');
    const before = fixture.changes.length;
    await second.identities.recover(second.owner, recoveryKey, signal);
    expect(fixture.changes.slice(before)).toEqual(['upload']);
    expect(await second.device.signOwnDevice()).toBeUndefined();
    expect(await second.identities.judge(second.owner, signal)).toBe('ok');
  });

  it('stays as it was when its replacement is refused', async () => {
    await using fixture = await IdentityFixture.start();
    await using temp = tempDevices();
    const first = await open(fixture, temp);
    await first.identities.setUp(first.owner, noPassword, signal);
    const keys = await first.device.exportCrossSigning();
    const refused = first.identities.reset(first.owner, noPassword, signal);
    await expect(refused).rejects.toThrow('asks for the password');
    expect(await first.device.exportCrossSigning()).toEqual(keys);
    expect(await first.identities.judge(first.owner, signal)).toBe('ok');
  });

  it('is told from the one that another device put in its place, and that one taken over', async () => {
    await using fixture = await IdentityFixture.start();
    await using temp = tempDevices();
    const first = await open(fixture, temp);
    await first.identities.setUp(first.owner, noPassword, signal);
    expect(await first.identities.judge(first.owner, signal)).toBe('ok');
    const second = await open(fixture, temp, 'SECOND');
    const { recoveryKey } = await second.identities.reset(second.owner, fixture.password, signal);
    expect(await second.identities.judge(second.owner, signal)).toBe('ok');
    expect(await first.identities.judge(first.owner, signal)).toBe('server-has-other-keys');
    await learn(first);
    expect(await first.device.exportCrossSigning()).toBeUndefined();
    expect(await first.identities.judge(first.owner, signal)).toBe('server-has-other-keys');
    await first.identities.recover(first.owner, recoveryKey, signal);
    expect(await first.identities.judge(first.owner, signal)).toBe('ok');
    expect(await first.device.signOwnDevice()).toBeUndefined();
  });

  it('is refused from an old copy of its store', async () => {
    await using fixture = await IdentityFixture.start();
    await using temp = tempDevices();
    const first = await open(fixture, temp);
    await first.identities.setUp(first.owner, noPassword, signal);
    await first.device.close();
    const { file } = temp.optionsOf('first');
    copyFileSync(file, `${file}.copy`);
    const again = await open(fixture, temp);
    expect(await again.identities.judge(again.owner, signal)).toBe('ok');
    await again.device.close();
    copyFileSync(`${file}.copy`, file);
    const restored = await open(fixture, temp);
    expect(await restored.identities.judge(restored.owner, signal)).toBe('store-is-old');
  });

  it('is taken over by matrix-js-sdk with the recovery key alone', async () => {
    await using fixture = await IdentityFixture.start();
    await using temp = tempDevices();
    const first = await open(fixture, temp);
    const { recoveryKey } = await first.identities.setUp(first.owner, noPassword, signal);
    const before = fixture.changes.length;
    const session = await fixture.session('ELEMENT');
    const element = await openElement(session, recoveryKey);
    const crypto = element.getCrypto();
    expect(await crypto?.userHasCrossSigningKeys(fixture.user.userId, true)).toBe(true);
    await crypto?.bootstrapCrossSigning({});
    const ours = await crypto?.getDeviceVerificationStatus(fixture.user.userId, 'FIRST');
    expect(ours?.signedByOwner).toBe(true);
    element.stopClient();
    // It made no identity of its own, but signed its device with ours.
    expect(fixture.changes.slice(before)).toEqual(['signatures/upload']);
  });
});

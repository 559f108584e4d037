import { describe, expect, it } from 'vitest';
import { OlmClient, type OlmUser } from '../olm-client.contract.ts';
import { client, gist, password, type Stage } from './stage.contract.ts';

/** Keys of devices, cross-signing, and what a sync says about them. */
export function describeKeys(stage: Stage): void {
  const post = (user: OlmUser, path: string, body: unknown) =>
    stage.call('POST', `${client}/keys/${path}`, { token: user.accessToken, body });
  const key = (text: string) => ({
    key: Buffer.from(text.padEnd(32)).toString('base64').replaceAll('=', ''),
    signatures: { '@someone:else': { 'ed25519:X': 'c2lnbmF0dXJl' } },
  });

  describe('one-time keys', () => {
    const claim = async (user: OlmUser) => {
      const wanted = { [user.userId]: { [user.deviceId]: 'signed_curve25519' } };
      const { json } = await post(user, 'claim', { one_time_keys: wanted });
      const { one_time_keys: claimed } = json as {
        one_time_keys: Record<string, Record<string, Record<string, unknown>>>;
      };
      return Object.keys(claimed[user.userId]?.[user.deviceId] ?? {});
    };

    it('may be uploaded again as they were, and are refused with other content', async () => {
      const user = await stage.device('keys');
      const upload = (text: string, id = 'A') =>
        post(user, 'upload', { one_time_keys: { [`signed_curve25519:${id}`]: key(text) } });
      expect((await upload('one')).json).toEqual({ one_time_key_counts: { signed_curve25519: 1 } });
      expect((await upload('one')).status).toBe(200);
      const refused = await upload('two');
      expect(gist(refused)).toEqual({ status: 400, errcode: 'M_UNKNOWN' });
      expect(refused.json['error']).toMatch(/^One time key signed_curve25519:A already exists\. /);
      expect((await upload('two', 'B')).json).toEqual({
        one_time_key_counts: { signed_curve25519: 2 },
      });
    });

    it('are given out once each, then the fallback key, which then counts as used', async () => {
      const user = await stage.device('claimed');
      // Synapse answers the same question again from memory for two minutes, so none is asked twice.
      const ask = (timeoutMs: number) => stage.sync(user, undefined, `timeout=${timeoutMs}`);
      await post(user, 'upload', {
        one_time_keys: { 'signed_curve25519:A': key('a'), 'signed_curve25519:B': key('b') },
        fallback_keys: { 'signed_curve25519:F': { ...key('f'), fallback: true } },
      });
      expect((await ask(1))['device_unused_fallback_key_types']).toEqual(['signed_curve25519']);
      const claimed = [await claim(user), await claim(user)].flat();
      expect(claimed.sort()).toEqual(['signed_curve25519:A', 'signed_curve25519:B']);
      expect(await claim(user)).toEqual(['signed_curve25519:F']);
      expect(await claim(user)).toEqual(['signed_curve25519:F']);
      expect(await ask(2)).toMatchObject({
        device_unused_fallback_key_types: [],
        device_one_time_keys_count: { signed_curve25519: 0 },
      });
    });

    it('of a device that does not exist are left out', async () => {
      const user = await stage.device('missing');
      const one_time_keys = { [user.userId]: { GHOST: 'signed_curve25519' } };
      const { json } = await post(user, 'claim', { one_time_keys });
      expect(json).toEqual({ one_time_keys: {}, failures: {} });
    });
  });

  describe('device keys', () => {
    it('are for the own device alone', async () => {
      const user = await stage.device('owner');
      const identity = { algorithms: [], keys: {}, signatures: {}, user_id: user.userId };
      const answer = await post(user, 'upload', {
        device_keys: { ...identity, device_id: 'ANOTHER' },
      });
      expect(gist(answer)).toEqual({ status: 400, errcode: 'M_BAD_JSON' });
    });

    it('are found by user, or by user and device', async () => {
      const [user, other] = [await stage.device('found'), await stage.device('finder')];
      using _olm = await OlmClient.start(stage.homeserver.baseUrl, user);
      const query = async (deviceIds: readonly string[]) => {
        const { json } = await post(other, 'query', { device_keys: { [user.userId]: deviceIds } });
        const { device_keys: found } = json as { device_keys: Record<string, object> };
        return Object.keys(found[user.userId] ?? {});
      };
      expect(await query([])).toEqual([user.deviceId]);
      expect(await query([user.deviceId])).toEqual([user.deviceId]);
      expect(await query(['GHOST'])).toEqual([]);
    });

    it('go with their device', async () => {
      const user = await stage.device('gone');
      using _olm = await OlmClient.start(stage.homeserver.baseUrl, user);
      const token = await stage.token({ ...user, token: user.accessToken }, 'SECOND');
      await stage.call('POST', `${client}/logout`, { token: user.accessToken, body: {} });
      const options = { token, body: { device_keys: { [user.userId]: [] } } };
      const { json } = await stage.call('POST', `${client}/keys/query`, options);
      expect(json).toMatchObject({ device_keys: { [user.userId]: {} } });
      expect(JSON.stringify(json)).not.toContain(user.deviceId);
    });
  });

  describe('a cross-signing identity', () => {
    it('is first set without proof, kept when it is sent again, and replaced with the password', async () => {
      const user = await stage.device('signing');
      using olm = await OlmClient.start(stage.homeserver.baseUrl, user);
      const upload = (text: string, more: object = {}) =>
        post(user, 'device_signing/upload', { ...(JSON.parse(text) as object), ...more });
      const { keys: first } = await olm.makeIdentity();
      expect((await upload(first)).status).toBe(200);
      expect((await upload(first)).status).toBe(200);
      const { keys: second } = await olm.makeIdentity();
      const asked = await upload(second);
      expect(asked).toMatchObject({
        status: 401,
        json: { flows: [{ stages: ['m.login.password'] }], params: {} },
      });
      expect(asked.json).not.toHaveProperty('errcode');
      const { session } = asked.json;
      const identifier = { type: 'm.id.user', user: user.userId };
      const auth = { type: 'm.login.password', identifier, session };
      const wrong = await upload(second, { auth: { ...auth, password: 'wrong' } });
      expect(gist(wrong)).toEqual({ status: 401, errcode: 'M_FORBIDDEN' });
      expect(wrong.json['session']).toBe(session);
      expect((await upload(second, { auth: { ...auth, password } })).status).toBe(200);
      expect((await upload(second)).status).toBe(200);
    });

    it('signs its device for all to see; its user-signing key is its owner’s to see', async () => {
      const [user, other] = [await stage.device('signed'), await stage.device('seeing')];
      using olm = await OlmClient.start(stage.homeserver.baseUrl, user);
      const { keys, signatures } = await olm.makeIdentity();
      await post(user, 'device_signing/upload', JSON.parse(keys));
      const uploaded = await post(user, 'signatures/upload', JSON.parse(signatures));
      expect(uploaded.json).toEqual({ failures: {} });
      const { self_signing_key: signing } = JSON.parse(keys) as {
        self_signing_key: { keys: Record<string, string> };
      };
      const [signer = ''] = Object.keys(signing.keys);
      const device_keys = { [user.userId]: [] };
      const seen = (await post(other, 'query', { device_keys })).json;
      const path = ['device_keys', user.userId, user.deviceId, 'signatures', user.userId];
      expect(seen).toHaveProperty([...path, signer]);
      expect(seen).toHaveProperty([...path, `ed25519:${user.deviceId}`]);
      expect(seen).toHaveProperty(['master_keys', user.userId]);
      expect(seen).not.toHaveProperty(['user_signing_keys', user.userId]);
      const own = (await post(user, 'query', { device_keys })).json;
      expect(own).toHaveProperty(['user_signing_keys', user.userId]);
    });

    it('cannot sign a device that is not there', async () => {
      const user = await stage.device('unsigned');
      using olm = await OlmClient.start(stage.homeserver.baseUrl, user);
      const { keys, signatures } = await olm.makeIdentity();
      await post(user, 'device_signing/upload', JSON.parse(keys));
      const signed = JSON.parse(signatures) as Record<string, Record<string, object>>;
      const device = signed[user.userId]?.[user.deviceId];
      const answer = await post(user, 'signatures/upload', {
        [user.userId]: { GHOST: { ...device, device_id: 'GHOST' } },
      });
      const failure = { errcode: 'M_NOT_FOUND' };
      expect(answer.json).toMatchObject({ failures: { [user.userId]: { GHOST: failure } } });
    });
  });
}

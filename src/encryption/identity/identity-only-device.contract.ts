import { createPrivateKey, generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isJsonObject, type JsonObject, objectOf, textOf } from '../../matrix/json.ts';
import type {
  CrossSigningKeys,
  CrossSigningUpload,
  CryptoDevice,
  DeviceRequest,
} from '../crypto-device.ts';
import { publicKeyOf } from './public-key-of.ts';
import { decodeBase64, encodeBase64 } from './unpadded-base64.ts';

/** What a device keeps on disk, as far as its identity goes. */
export interface FakeStore {
  readonly userId: string;
  readonly deviceId: string;
  readonly ed25519: string;
  starts: number;
  /** How far it has synced. */
  syncToken: string | undefined;
  keysUploaded: boolean;
  /** Private keys. */
  identity: CrossSigningKeys | undefined;
  /** Public master key as last made or learnt. */
  known: string | undefined;
  knownSigned: boolean;
}

export function fakeStore(userId: string, deviceId: string): FakeStore {
  return {
    userId,
    deviceId,
    ed25519: encodeBase64(randomBytes(32)),
    starts: 0,
    syncToken: undefined,
    keysUploaded: false,
    identity: undefined,
    known: undefined,
    knownSigned: false,
  };
}

const freshKey = (): string => {
  const { d } = generateKeyPairSync('ed25519').privateKey.export({ format: 'jwk' });
  return encodeBase64(Buffer.from(d ?? '', 'base64url'));
};

const signed = (userId: string, object: JsonObject, privateKey: string): JsonObject => {
  const der = Buffer.concat([
    Buffer.from('302e020100300506032b657004220420', 'hex'),
    decodeBase64(privateKey),
  ]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const signature = encodeBase64(sign(null, Buffer.from(JSON.stringify(object)), key));
  return {
    ...object,
    signatures: { [userId]: { [`ed25519:${publicKeyOf(privateKey)}`]: signature } },
  };
};

/** A device that keeps an identity as the real engine does, and nothing else; each call opens `store` once more. */
export function openFakeDevice(store: FakeStore): CryptoDevice {
  store.starts++;
  const { userId, deviceId } = store;
  const keys = { ed25519: store.ed25519, curve25519: `curve-${store.ed25519}` };
  const deviceKeys = (): JsonObject => {
    const object = {
      user_id: userId,
      device_id: deviceId,
      algorithms: [],
      keys: { [`ed25519:${deviceId}`]: keys.ed25519 },
    };
    return store.identity === undefined
      ? object
      : signed(userId, object, store.identity.selfSigning);
  };
  const keysUpload = (): DeviceRequest => ({
    id: 'upload',
    kind: 'keys-upload',
    method: 'POST',
    path: '/_matrix/client/v3/keys/upload',
    body: JSON.stringify({ device_keys: deviceKeys() }),
  });
  const state = () => {
    const held = store.identity !== undefined;
    return { master: held, selfSigning: held, userSigning: held };
  };
  const learn = (answer: string): void => {
    const published: unknown = JSON.parse(answer);
    if (!isJsonObject(published)) return;
    const master = objectOf(objectOf(objectOf(published['master_keys'])?.[userId])?.['keys']);
    const masterKey = textOf(Object.values(master ?? {})[0]);
    if (masterKey === undefined) return;
    store.known = masterKey;
    if (store.identity !== undefined && publicKeyOf(store.identity.master) !== masterKey) {
      store.identity = undefined;
    }
  };
  const identity = {
    async bootstrapCrossSigning(reset: boolean): Promise<CrossSigningUpload> {
      if (reset || store.identity === undefined) {
        store.identity = { master: freshKey(), selfSigning: freshKey(), userSigning: freshKey() };
        store.known = publicKeyOf(store.identity.master);
      }
      return await Promise.resolve(uploadOf(userId, store.identity, deviceKeys(), keysUploadOf()));
    },
    async importCrossSigning(given: CrossSigningKeys) {
      if (store.known !== undefined && publicKeyOf(given.master) === store.known) {
        store.identity = given;
      }
      return await Promise.resolve(state());
    },
    async signOwnDevice(): Promise<DeviceRequest | undefined> {
      const body = JSON.stringify({ [userId]: { [deviceId]: deviceKeys() } });
      const path = '/_matrix/client/v3/keys/signatures/upload';
      const request = {
        id: 'sign',
        kind: 'signatures-upload',
        method: 'POST',
        path,
        body,
      } as const;
      return await Promise.resolve(request);
    },
  };
  const keysUploadOf = () => (store.keysUploaded ? undefined : keysUpload());
  const absent = async (): Promise<never> => await Promise.reject(new Error('not in the fake'));
  return {
    ...identity,
    opened: { keys, isNew: store.starts === 1, starts: store.starts, syncToken: store.syncToken },
    outgoing: async () => await Promise.resolve(store.keysUploaded ? [] : [keysUpload()]),
    async markSent(request, answer) {
      if (request.kind === 'keys-upload') store.keysUploaded = true;
      if (request.kind === 'keys-query') learn(answer);
      await Promise.resolve();
    },
    crossSigning: async () => await Promise.resolve(state()),
    exportCrossSigning: async () => await Promise.resolve(store.identity),
    masterKeyOf: async () => await Promise.resolve(store.known),
    close: async () => await Promise.resolve(),
    receiveSync: absent,
    room: absent,
    setRoom: absent,
    rooms: absent,
    trackMembers: absent,
    doubtDevices: absent,
    claimMissing: absent,
    shareRoomKey: absent,
    encrypt: absent,
  };
}

function uploadOf(
  userId: string,
  { master, selfSigning, userSigning }: CrossSigningKeys,
  deviceKeys: JsonObject,
  keys: DeviceRequest | undefined,
): CrossSigningUpload {
  const publicOf = (usage: string, privateKey: string): JsonObject => {
    const key = publicKeyOf(privateKey);
    return { user_id: userId, usage: [usage], keys: { [`ed25519:${key}`]: key } };
  };
  return {
    keys,
    signingKeys: JSON.stringify({
      master_key: publicOf('master', master),
      self_signing_key: signed(userId, publicOf('self_signing', selfSigning), master),
      user_signing_key: signed(userId, publicOf('user_signing', userSigning), master),
    }),
    signatures: JSON.stringify({ [userId]: { [String(deviceKeys['device_id'])]: deviceKeys } }),
  };
}

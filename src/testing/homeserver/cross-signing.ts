import { isDeepStrictEqual } from 'node:util';
import type { UserId } from '../../matrix/ids.ts';
import type { DeviceKeys } from './device-keys.ts';
import type { DeviceLists } from './device-lists.ts';
import { isObject } from './json-content.ts';
import type { JsonObject } from './reply.ts';

const keyNames = ['master_key', 'self_signing_key', 'user_signing_key'] as const;

/** A user's cross-signing keys, client-server API §10.13. */
export type KeyName = (typeof keyNames)[number];
type Identity = Partial<Record<KeyName, JsonObject>>;

interface Signature {
  readonly signer: UserId;
  readonly target: UserId;
  /** A device id, or a public key of the target's. */
  readonly id: string;
  readonly signatures: JsonObject;
}

/** Cross-signing keys and the signatures made with them. Signatures are kept, not verified. */
export class CrossSigning {
  readonly #lists: DeviceLists;
  readonly #keys: DeviceKeys;
  readonly #identities = new Map<UserId, Identity>();
  #signatures: Signature[] = [];

  constructor(lists: DeviceLists, keys: DeviceKeys) {
    this.#lists = lists;
    this.#keys = keys;
  }

  has(userId: UserId): boolean {
    return this.#identities.get(userId)?.master_key !== undefined;
  }

  /** Whether the keys are those that the user has. */
  isSame(userId: UserId, keys: JsonObject): boolean {
    const identity = this.#identities.get(userId) ?? {};
    return keyNames.every(
      (name) => keys[name] === undefined || isDeepStrictEqual(identity[name], keys[name]),
    );
  }

  set(userId: UserId, keys: JsonObject): void {
    const identity: Identity = { ...this.#identities.get(userId) };
    for (const name of keyNames) {
      const key = keys[name];
      if (isObject(key)) identity[name] = key;
    }
    this.#identities.set(userId, identity);
    if (keys['user_signing_key'] !== undefined) this.#lists.record(userId, userId);
    const others = [keys['master_key'], keys['self_signing_key']];
    if (others.some((key) => key !== undefined)) this.#lists.record(userId);
  }

  /** Keeps a signed object's new signatures. False: there is no such device or key. */
  sign(signer: UserId, target: UserId, id: string, signed: JsonObject): boolean {
    if (this.#signable(target, id) === undefined) return false;
    const signatures = isObject(signed['signatures']) ? signed['signatures'] : {};
    this.#signatures.push({ signer, target, id, signatures });
    this.#lists.record(target, signer === target ? undefined : signer);
    return true;
  }

  /** A user's key of that name as `observer` may see it. */
  key(userId: UserId, name: KeyName, observer: UserId): JsonObject | undefined {
    const key = this.#identities.get(userId)?.[name];
    if (key === undefined || (name === 'user_signing_key' && userId !== observer)) return undefined;
    return this.withSignatures(userId, publicKeyOf(key), key, observer);
  }

  /** `signed` with the signatures that `observer` may see: the target's own, and the observer's. */
  withSignatures(target: UserId, id: string, signed: JsonObject, observer: UserId): JsonObject {
    const merged: Record<string, unknown> = {
      ...(isObject(signed['signatures']) ? signed['signatures'] : {}),
    };
    for (const each of this.#signatures) {
      if (each.target !== target || each.id !== id) continue;
      if (each.signer !== target && each.signer !== observer) continue;
      const more = each.signatures[each.signer];
      const before = merged[each.signer];
      if (!isObject(more)) continue;
      merged[each.signer] = { ...(isObject(before) ? before : {}), ...more };
    }
    return { ...signed, signatures: merged };
  }

  /** Forgets the signatures of a device that is gone. */
  deleteDevice(userId: UserId, deviceId: string): void {
    this.#signatures = this.#signatures.filter(
      ({ target, id }) => target !== userId || id !== deviceId,
    );
  }

  #signable(target: UserId, id: string): JsonObject | undefined {
    const keys = Object.values(this.#identities.get(target) ?? {});
    return this.#keys.identity(target, id) ?? keys.find((key) => publicKeyOf(key) === id);
  }
}

/** The one public key in a cross-signing key object, unpadded base64. */
function publicKeyOf(key: JsonObject): string {
  const [publicKey] = isObject(key['keys']) ? Object.values(key['keys']) : [];
  return typeof publicKey === 'string' ? publicKey : '';
}

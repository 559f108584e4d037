import { isDeepStrictEqual } from 'node:util';
import type { UserId } from '../../matrix/ids.ts';
import type { EncryptionChecker } from '../encryption-checker.ts';
import type { DeviceLists } from './device-lists.ts';
import { isObject } from './json-content.ts';
import { type JsonObject, Refusal } from './reply.ts';

interface FallbackKey {
  readonly id: string;
  readonly key: unknown;
  used: boolean;
}

interface Device {
  keys: JsonObject | undefined;
  /** What can be claimed, oldest first, by `algorithm:id`. */
  readonly oneTimeKeys: Map<string, unknown>;
  /** Claimed before, so never given out again. */
  readonly claimed: Map<string, unknown>;
  /** By algorithm. */
  readonly fallbackKeys: Map<string, FallbackKey>;
}

/** Identity, one-time and fallback keys of all devices, client-server API §10.12. */
export class DeviceKeys {
  readonly #lists: DeviceLists;
  readonly #checker: EncryptionChecker;
  readonly #users = new Map<UserId, Map<string, Device>>();

  constructor(lists: DeviceLists, checker: EncryptionChecker) {
    this.#lists = lists;
    this.#checker = checker;
  }

  /** A device's identity keys as they were uploaded. */
  identity(userId: UserId, deviceId: string): JsonObject | undefined {
    return this.#users.get(userId)?.get(deviceId)?.keys;
  }

  /** The identity keys of a user's devices that have uploaded some. */
  identities(userId: UserId): readonly (readonly [deviceId: string, keys: JsonObject])[] {
    return [...(this.#users.get(userId) ?? [])].flatMap(([deviceId, { keys }]) =>
      keys === undefined ? [] : [[deviceId, keys] as const],
    );
  }

  setIdentity(userId: UserId, deviceId: string, keys: JsonObject): void {
    const device = this.#device(userId, deviceId);
    if (isDeepStrictEqual(device.keys, keys)) return;
    device.keys = keys;
    this.#lists.record(userId);
  }

  /** All or none. @throws Refusal 400 for an id that is held with another key. */
  addOneTimeKeys(userId: UserId, deviceId: string, keys: JsonObject): void {
    const device = this.#device(userId, deviceId);
    this.#checker.oneTimeKeys(userId, deviceId, keys);
    for (const [id, key] of Object.entries(keys)) {
      const held = device.oneTimeKeys.get(id);
      if (held === undefined || isSameKey(held, key)) continue;
      throw new Refusal(
        400,
        'M_UNKNOWN',
        `One time key ${id} already exists. Old key: ${JSON.stringify(held)}; new key: ${JSON.stringify(key)}`,
      );
    }
    for (const [id, key] of Object.entries(keys)) {
      if (device.oneTimeKeys.has(id)) continue;
      const claimed = device.claimed.get(id);
      if (claimed === undefined || !isSameKey(claimed, key)) device.oneTimeKeys.set(id, key);
    }
  }

  /** One of each algorithm; the same key again leaves it as used as it was. */
  setFallbackKeys(userId: UserId, deviceId: string, keys: JsonObject): void {
    const { fallbackKeys } = this.#device(userId, deviceId);
    for (const [id, key] of Object.entries(keys)) {
      const algorithm = algorithmOf(id);
      const held = fallbackKeys.get(algorithm);
      if (held?.id === id && isDeepStrictEqual(held.key, key)) continue;
      fallbackKeys.set(algorithm, { id, key, used: false });
    }
  }

  /** A one-time key that nobody gets again, else the fallback key, else undefined. */
  claim(userId: UserId, deviceId: string, algorithm: string): JsonObject | undefined {
    const device = this.#users.get(userId)?.get(deviceId);
    if (device === undefined) return undefined;
    for (const [id, key] of device.oneTimeKeys) {
      if (algorithmOf(id) !== algorithm) continue;
      device.oneTimeKeys.delete(id);
      device.claimed.set(id, key);
      return { [id]: key };
    }
    const fallback = device.fallbackKeys.get(algorithm);
    if (fallback === undefined) return undefined;
    fallback.used = true;
    return { [fallback.id]: fallback.key };
  }

  /** How many one-time keys can be claimed, by algorithm; Synapse always names `signed_curve25519`. */
  counts(userId: UserId, deviceId: string | undefined): Record<string, number> {
    const counts: Record<string, number> = { signed_curve25519: 0 };
    for (const id of this.#find(userId, deviceId)?.oneTimeKeys.keys() ?? []) {
      const algorithm = algorithmOf(id);
      counts[algorithm] = (counts[algorithm] ?? 0) + 1;
    }
    return counts;
  }

  unusedFallbackAlgorithms(userId: UserId, deviceId: string | undefined): readonly string[] {
    return [...(this.#find(userId, deviceId)?.fallbackKeys ?? [])]
      .filter(([, { used }]) => !used)
      .map(([algorithm]) => algorithm);
  }

  deleteDevice(userId: UserId, deviceId: string): void {
    this.#users.get(userId)?.delete(deviceId);
    this.#checker.deviceGone(userId, deviceId);
  }

  #find(userId: UserId, deviceId: string | undefined): Device | undefined {
    return deviceId === undefined ? undefined : this.#users.get(userId)?.get(deviceId);
  }

  #device(userId: UserId, deviceId: string): Device {
    let devices = this.#users.get(userId);
    if (devices === undefined) {
      devices = new Map();
      this.#users.set(userId, devices);
    }
    let device = devices.get(deviceId);
    if (device === undefined) {
      device = {
        keys: undefined,
        oneTimeKeys: new Map(),
        claimed: new Map(),
        fallbackKeys: new Map(),
      };
      devices.set(deviceId, device);
    }
    return device;
  }
}

const algorithmOf = (keyId: string): string => keyId.slice(0, Math.max(0, keyId.indexOf(':')));

/** Apart from signatures, which may differ from upload to upload. */
function isSameKey(one: unknown, other: unknown): boolean {
  if (!isObject(one) || !isObject(other)) return one === other;
  return isDeepStrictEqual({ ...one, signatures: undefined }, { ...other, signatures: undefined });
}

import { isJsonObject, type JsonObject } from '../../matrix/json.ts';
import type { CryptoDevice, DeviceRequest } from '../crypto-device.ts';

type PerDevice = Map<string, Map<string, JsonObject>>;

interface ToDevice {
  readonly type: string;
  readonly sender: string;
  readonly content: JsonObject;
}

/** What a homeserver does with keys, in memory and in one call: for tests in which devices talk to each other. */
export class KeyServer {
  /** Bodies that were put to devices, by request id: the same request twice has one. */
  readonly sent: Map<string, string> = new Map();
  /** Users of whom a query learns nothing. */
  readonly silent: Set<string> = new Set();
  readonly #devices: PerDevice = new Map();
  readonly #oneTimeKeys: PerDevice = new Map();
  readonly #identities = new Map<string, Map<string, JsonObject>>();
  readonly #queues = new Map<string, ToDevice[]>();
  #changed = new Set<string>();
  #syncs = 0;

  /** Makes every request that a device wants made. */
  async pump(device: CryptoDevice, userId: string, deviceId: string): Promise<void> {
    for (const request of await device.outgoing()) {
      await device.markSent(request, this.answer(userId, deviceId, request));
    }
  }

  /** Publishes the identity that a device makes. */
  async setUp(device: CryptoDevice, userId: string, deviceId: string): Promise<void> {
    await this.pump(device, userId, deviceId);
    const { keys, signingKeys, signatures } = await device.bootstrapCrossSigning(false);
    if (keys !== undefined) await device.markSent(keys, this.answer(userId, deviceId, keys));
    this.publish(userId, signingKeys);
    this.sign(signatures);
  }

  publish(userId: string, signingKeys: string): void {
    const keys = JSON.parse(signingKeys) as Record<string, JsonObject>;
    this.#identities.set(userId, new Map(Object.entries(keys)));
    this.#changed.add(userId);
  }

  /** POST /v3/keys/signatures/upload. */
  sign(body: string): void {
    const signed = JSON.parse(body) as Record<string, Record<string, JsonObject>>;
    for (const [userId, objects] of Object.entries(signed)) {
      for (const [id, object] of Object.entries(objects)) {
        const devices = this.#devices.get(userId);
        const known = devices?.get(id);
        if (known !== undefined) devices?.set(id, merged(known, object));
      }
      this.#changed.add(userId);
    }
  }

  answer(userId: string, deviceId: string, { kind, path, body }: DeviceRequest): string {
    const content = JSON.parse(body) as Record<string, Record<string, unknown>>;
    switch (kind) {
      case 'keys-upload':
        return this.#upload(userId, deviceId, content);
      case 'keys-query':
        return this.#query(Object.keys(content['device_keys'] ?? {}));
      case 'keys-claim':
        return this.#claim(content['one_time_keys'] as Record<string, JsonObject>);
      case 'to-device':
        this.sent.set(path, body);
        return this.#deliver(userId, path, content['messages'] as Record<string, JsonObject>);
      case 'signatures-upload':
        this.sign(body);
        return '{"failures":{}}';
      case 'room-message':
        return '{}';
    }
  }

  /** What /sync answers a device: messages to it, users whose devices changed, and what the test adds. */
  sync(userId: string, deviceId: string, rooms: JsonObject = {}): string {
    const name = `${userId} ${deviceId}`;
    const events = this.#queues.get(name) ?? [];
    this.#queues.delete(name);
    this.#syncs++;
    return JSON.stringify({
      next_batch: `s${this.#syncs}`,
      to_device: { events },
      device_lists: { changed: [...this.#changed], left: [] },
      device_one_time_keys_count: { signed_curve25519: this.#oneTimeKeys.get(name)?.size ?? 0 },
      device_unused_fallback_key_types: ['signed_curve25519'],
      rooms,
    });
  }

  #upload(userId: string, deviceId: string, content: Record<string, JsonObject>): string {
    const { device_keys: keys, one_time_keys: oneTimeKeys } = content;
    if (keys !== undefined) entry(this.#devices, userId).set(deviceId, keys);
    const held = entry(this.#oneTimeKeys, `${userId} ${deviceId}`);
    for (const [id, key] of Object.entries(oneTimeKeys ?? {})) held.set(id, key as JsonObject);
    return JSON.stringify({ one_time_key_counts: { signed_curve25519: held.size } });
  }

  #query(userIds: readonly string[]): string {
    const identityKeys = (kind: string) =>
      Object.fromEntries(
        userIds.flatMap((userId) => {
          const key = this.#identities.get(userId)?.get(kind);
          return key === undefined ? [] : [[userId, key]];
        }),
      );
    const known = userIds.filter((userId) => !this.silent.has(userId));
    const devices = known.map((userId) => [
      userId,
      Object.fromEntries(this.#devices.get(userId) ?? []),
    ]);
    return JSON.stringify({
      device_keys: Object.fromEntries(devices),
      master_keys: identityKeys('master_key'),
      self_signing_keys: identityKeys('self_signing_key'),
      user_signing_keys: identityKeys('user_signing_key'),
      failures: {},
    });
  }

  #claim(wanted: Record<string, JsonObject>): string {
    const answer: Record<string, Record<string, JsonObject>> = {};
    for (const [userId, devices] of Object.entries(wanted)) {
      for (const deviceId of Object.keys(devices)) {
        const held = this.#oneTimeKeys.get(`${userId} ${deviceId}`);
        const [first] = held ?? [];
        if (first === undefined) continue;
        const [id, key] = first;
        held?.delete(id);
        answer[userId] = { ...answer[userId], [deviceId]: { [id]: key } };
      }
    }
    return JSON.stringify({ one_time_keys: answer, failures: {} });
  }

  #deliver(sender: string, path: string, messages: Record<string, JsonObject>): string {
    const type = decodeURIComponent(path.split('/').at(-2) ?? '');
    for (const [userId, devices] of Object.entries(messages)) {
      for (const [deviceId, content] of Object.entries(devices)) {
        const name = `${userId} ${deviceId}`;
        const queue = this.#queues.get(name) ?? [];
        queue.push({ type, sender, content: content as JsonObject });
        this.#queues.set(name, queue);
      }
    }
    return '{}';
  }
}

function entry(map: PerDevice, name: string): Map<string, JsonObject> {
  const found = map.get(name) ?? new Map<string, JsonObject>();
  map.set(name, found);
  return found;
}

/** Two objects, of which neither's signatures are lost. */
function merged(left: JsonObject, right: JsonObject): JsonObject {
  const result: Record<string, unknown> = { ...left };
  for (const [key, value] of Object.entries(right)) {
    const before = result[key];
    result[key] = isJsonObject(before) && isJsonObject(value) ? merged(before, value) : value;
  }
  return result;
}

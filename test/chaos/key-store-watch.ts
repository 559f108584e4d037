import type { FakeHomeserver } from '../../src/testing/fake-homeserver.ts';

/** Sees which identity keys devices publish: one whose store was lost or begun anew publishes others. */
export class KeyStoreWatch {
  readonly #keys = new Map<string, Set<string>>();

  /** Looks at every upload from now on. */
  constructor(homeserver: FakeHomeserver) {
    homeserver.onExchange(({ path, requestBody }) => {
      if (!path.endsWith('/keys/upload')) return;
      const { device_keys: published } = requestBody as { device_keys?: DeviceKeys };
      if (published === undefined) return;
      const device = `${published.user_id} ${published.device_id}`;
      const known = this.#keys.get(device) ?? new Set();
      this.#keys.set(device, known.add(JSON.stringify(published.keys)));
    });
  }

  /** How many identities the device has had that had most: 1 when all is well. */
  get identitiesMax(): number {
    return Math.max(0, ...[...this.#keys.values()].map(({ size }) => size));
  }
}

interface DeviceKeys {
  readonly user_id: string;
  readonly device_id: string;
  readonly keys: object;
}

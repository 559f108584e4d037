import type { HomeserverOpener } from '../matrix/discovery.ts';
import type { Homeserver } from '../matrix/homeserver.ts';

/** Homeservers that several accounts speak to, each with one pool of connections. */
export interface SharedHomeservers {
  /** The same for the same base URL; calls to its `close` do nothing. */
  readonly get: (baseUrl: string) => Homeserver;
  close(): Promise<void>;
}

/** Opens each homeserver at its first use. */
export function shareHomeservers(open: HomeserverOpener): SharedHomeservers {
  const opened = new Map<string, Homeserver>();
  return {
    get(baseUrl) {
      const known = opened.get(baseUrl);
      if (known !== undefined) return known;
      const homeserver = open(baseUrl);
      opened.set(baseUrl, homeserver);
      return homeserver;
    },
    async close() {
      const closing = [...opened.values()];
      opened.clear();
      await Promise.all(closing.map(async (homeserver) => await homeserver.close()));
    },
  };
}

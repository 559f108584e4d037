import { createClient, type MatrixClient } from 'matrix-js-sdk';
import type { Logger } from 'matrix-js-sdk/lib/logger.js';
import type { Session } from '../../matrix/session.ts';
import { decodeRecoveryKey } from './recovery-key.ts';

const say = (): void => undefined;
const silent: Logger = {
  trace: say,
  debug: say,
  info: say,
  warn: say,
  error: say,
  getChild: () => silent,
};

/** Another client, with an engine of its own that keeps nothing; it opens secret storage with the recovery key. */
export async function openElement(session: Session, recoveryKey: string): Promise<MatrixClient> {
  const key = Uint8Array.from(decodeRecoveryKey(recoveryKey));
  const client = createClient({
    baseUrl: session.homeserver.baseUrl,
    userId: session.userId,
    deviceId: session.deviceId,
    accessToken: session.accessToken,
    logger: silent,
    cryptoCallbacks: {
      getSecretStorageKey: async ({ keys }) =>
        await Promise.resolve([Object.keys(keys)[0] ?? '', key] as [string, typeof key]),
    },
  });
  await client.initRustCrypto({ useIndexedDB: false });
  return client;
}

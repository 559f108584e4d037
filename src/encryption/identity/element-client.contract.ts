import { createClient, type MatrixClient } from 'matrix-js-sdk';
import type { CryptoCallbacks } from 'matrix-js-sdk/lib/crypto-api/index.js';
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

/**
 * Another client, with an engine of its own that keeps nothing.
 * @param recoveryKey - what it opens secret storage with
 */
export async function openElement(session: Session, recoveryKey?: string): Promise<MatrixClient> {
  const client = createClient({
    baseUrl: session.homeserver.baseUrl,
    userId: session.userId,
    deviceId: session.deviceId,
    accessToken: session.accessToken,
    logger: silent,
    cryptoCallbacks: recoveryKey === undefined ? {} : openingWith(recoveryKey),
  });
  await client.initRustCrypto({ useIndexedDB: false });
  return client;
}

function openingWith(recoveryKey: string): CryptoCallbacks {
  const key = Uint8Array.from(decodeRecoveryKey(recoveryKey));
  return {
    getSecretStorageKey: async ({ keys }) =>
      await Promise.resolve([Object.keys(keys)[0] ?? '', key]),
  };
}

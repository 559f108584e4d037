import { Failure } from '../../errors.ts';
import { accountDataContent, putAccountDataContent } from '../../matrix/account-data-content.ts';
import { objectOf, textOf } from '../../matrix/json.ts';
import type { Session } from '../../matrix/session.ts';
import type { CrossSigningKeys } from '../crypto-device.ts';
import type { IdentityContext } from './identity-context.ts';
import {
  decryptSecret,
  describeKey,
  encryptSecret,
  matchesDescription,
  parseEncryptedSecret,
} from './ssss.ts';

/** Where the private cross-signing keys are kept (Client-Server API "Cross-signing: Key and signature security"). */
const secretNames = {
  master: 'm.cross_signing.master',
  selfSigning: 'm.cross_signing.self_signing',
  userSigning: 'm.cross_signing.user_signing',
} as const;

const defaultKeyType = 'm.secret_storage.default_key';
const keyType = (keyId: string): string => `m.secret_storage.key.${keyId}`;
/** No two keys of an account have the same id with as many bits. */
const keyIdBytes = 16;
/** A secret is seldom encrypted with more than one key; each costs a request. */
const keysTriedMax = 8;

/**
 * Keeps the private keys in the account's secret storage (Client-Server API "Secret Storage"), under a new key that
 * becomes the default. Keys that were there remain for other secrets, but open these no more.
 */
export async function storeSecrets(
  { session, randomBytes, signal }: IdentityContext,
  key: Uint8Array,
  keys: CrossSigningKeys,
): Promise<void> {
  const keyId = Buffer.from(randomBytes(keyIdBytes)).toString('hex');
  await putAccountDataContent(session, keyType(keyId), describeKey(key, randomBytes), signal);
  for (const part of ['master', 'selfSigning', 'userSigning'] as const) {
    const name = secretNames[part];
    const encrypted = { [keyId]: encryptSecret(key, name, keys[part], randomBytes) };
    await putAccountDataContent(session, name, { encrypted }, signal);
  }
  // Last, so that the default never names a key that opens nothing.
  await putAccountDataContent(session, defaultKeyType, { key: keyId }, signal);
}

/**
 * The private keys in the account's secret storage.
 * @throws Failure recovery_key_wrong: `key` does not open it; recovery_key_needed: there are none, so none can
 */
export async function openSecrets(
  context: IdentityContext,
  key: Uint8Array,
): Promise<CrossSigningKeys> {
  return {
    master: await openSecret(context, key, secretNames.master),
    selfSigning: await openSecret(context, key, secretNames.selfSigning),
    userSigning: await openSecret(context, key, secretNames.userSigning),
  };
}

async function openSecret(
  { account, session, signal }: IdentityContext,
  key: Uint8Array,
  name: string,
): Promise<string> {
  const content = await accountDataContent(session, name, signal);
  const encrypted = Object.entries(objectOf(content?.['encrypted']) ?? {});
  if (encrypted.length === 0) {
    throw new Failure('recovery_key_needed', {
      detail: `Account ${account} keeps no ${name} in its secret storage, so no recovery key opens it; only \`bellhop account identity reset\` helps.`,
    });
  }
  for (const [keyId, value] of encrypted.slice(0, keysTriedMax)) {
    const description = await accountDataContent(session, keyType(keyId), signal);
    const parsed = parseEncryptedSecret(value);
    if (description === undefined || parsed === undefined) continue;
    if (!matchesDescription(key, description)) continue;
    const secret = decryptSecret(key, name, parsed);
    if (secret !== undefined) return secret;
  }
  throw new Failure('recovery_key_wrong', { detail: `Account ${account}.` });
}

/** The id of the default key of the account's secret storage; undefined: there is none. */
export async function defaultKeyId(
  session: Session,
  signal: AbortSignal,
): Promise<string | undefined> {
  return textOf((await accountDataContent(session, defaultKeyType, signal))?.['key']);
}

import { existsSync } from 'node:fs';
import type { AccountConfig, Config } from '../../config/config.ts';
import type { IdentityState } from '../../encryption/encryption.ts';
import { type ShownIdentity, showIdentity } from '../../encryption/identity/show-identity.ts';
import { readStartRecord, type StartRecord } from '../../encryption/identity/start-record.ts';
import type { Session } from '../../matrix/session.ts';
import { encryptionStore } from '../account-encryption.ts';
import { identityLack } from '../account-identity.ts';
import { type Finding, fail, failed, ok, warn } from './finding.ts';

/** Of which account, and whether anything it says must be encrypted. */
export interface IdentityQuestion {
  readonly config: Pick<Config, 'dataDir'>;
  readonly account: AccountConfig;
  /** One of its rooms is encrypted, or must be. */
  readonly needed: boolean;
  readonly signal: AbortSignal;
}

interface Outside {
  readonly shown: ShownIdentity;
  /** What the account data remember of this device's store, as it was last fit for use. */
  readonly record: StartRecord | undefined;
  readonly hasStore: boolean;
}

/** As far as it can be told without opening the store: whoever holds it goes on undisturbed. */
function stateOf({ shown, record, hasStore }: Outside): IdentityState {
  if (shown.ed25519 !== undefined && (!hasStore || record?.['lost'] === true)) return 'device-gone';
  if (record?.outdated === true) return 'store-is-old';
  if (shown.masterKey === undefined) return 'not-set-up';
  if (shown.signed) return 'ok';
  const remembered = record?.masterKey;
  const isOther = remembered !== undefined && remembered !== shown.masterKey;
  return isOther ? 'server-has-other-keys' : 'needs-recovery-key';
}

async function lookFromOutside(
  session: Session,
  { config, account, signal }: IdentityQuestion,
): Promise<Outside> {
  const [shown, record] = await Promise.all([
    showIdentity(session, signal),
    readStartRecord({ session, signal }),
  ]);
  return { shown, record, hasStore: existsSync(encryptionStore(config.dataDir, account.name)) };
}

function inOrder(check: string, { deviceId, secretStorageKeyId }: ShownIdentity): Finding {
  const words = `its identity has signed device ${deviceId}`;
  if (secretStorageKeyId !== undefined) return ok(check, words);
  return warn(
    check,
    `${words}, but no recovery key is there to save it when the store is lost`,
    'Run `bellhop account identity setup`: it makes a recovery key, and the identity stays.',
  );
}

function findingOf(question: IdentityQuestion, outside: Outside): Finding {
  const { account, needed } = question;
  const check = `identity ${account.name}`;
  const state = stateOf(outside);
  if (state === 'ok') return inOrder(check, outside.shown);
  const { code, entry, message } = identityLack(state, account);
  const words = code === 'new_token_needed' ? message : entry.sentence;
  if (needed) return fail(check, words, entry.remedy, entry.exit);
  return ok(
    check,
    `not needed, as none of its rooms is encrypted. Before one is: ${words} ${entry.remedy}`,
  );
}

/**
 * Whether others would take the account's encrypted messages for its own, by what its homeserver shows and what is on
 * disk. The store is not opened, so a daemon may hold it.
 */
export async function checkIdentity(
  session: Session,
  question: IdentityQuestion,
): Promise<Finding> {
  try {
    return findingOf(question, await lookFromOutside(session, question));
  } catch (thrown) {
    const finding = failed(`identity ${question.account.name}`, thrown);
    return question.needed ? finding : { ...finding, state: 'warn', exit: undefined };
  }
}

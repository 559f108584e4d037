import type { IdentityCall } from '../../../../app/account-identity.ts';
import { Failure } from '../../../../errors.ts';
import type { UserId } from '../../../../matrix/ids.ts';
import type { CliContext } from '../../../context.ts';
import type { GlobalOptions } from '../../../global-options.ts';
import { openConfig } from '../../../open-config.ts';
import { accountNotes } from '../../account-notes.ts';
import { callLimit } from '../../call-limit.ts';
import { askPassword, canAsk } from '../../login/ask-password.ts';
import { readSecretFile } from '../../read-secret-file.ts';

/** The account that a command names, else the first, ready to be worked on. @throws Failure not_found */
export async function identityCall(
  context: CliContext,
  globals: GlobalOptions,
  name: string | undefined,
): Promise<IdentityCall> {
  const { accountOf } = await import('../../../../app/account-session.ts');
  const { openDataDir } = await import('../../../../store/data-dir.ts');
  const { config } = await openConfig(context, globals);
  const account = accountOf(config, name);
  return {
    config: { ...config, dataDir: openDataDir(config.dataDir) },
    account,
    signal: callLimit(context),
    onEvent: accountNotes(context),
  };
}

/**
 * The account's password: from the file that is named, the configuration, what `register` has kept, or the terminal;
 * asked for when needed.
 */
export function passwordSource(
  context: CliContext,
  { account, config }: IdentityCall,
  file: string | undefined,
): () => Promise<string | undefined> {
  return async () => {
    if (file !== undefined) return await readSecretFile(context, file);
    const { accountOptions } = await import('../../../../app/accounts.ts');
    const { password } = accountOptions(account);
    if (password !== undefined) return await password();
    const kept = await keptPassword(config.dataDir, account.userId);
    if (kept !== undefined) return kept;
    return await askPassword(context, `Password of ${account.userId ?? account.name}: `);
  };
}

async function keptPassword(
  dataDir: string,
  userId: UserId | undefined,
): Promise<string | undefined> {
  if (userId === undefined) return undefined;
  const { filePasswordStore } = await import('../../../../accounts/password-store.ts');
  return await filePasswordStore(dataDir).read(userId);
}

/** The recovery key: from a file, standard input or the terminal; never from the command line, where others see it. */
export async function readRecoveryKey(
  context: CliContext,
  file: string | undefined,
): Promise<string> {
  if (file !== undefined) return await readSecretFile(context, file);
  if (!canAsk(context)) {
    throw new Failure('usage', {
      detail: 'Without a terminal, give the recovery key with --recovery-key-file FILE or -.',
    });
  }
  const typed = await askPassword(context, 'Recovery key: ');
  if (typed === undefined || typed.trim() === '') {
    throw new Failure('no_input', { detail: 'No recovery key was given.' });
  }
  return typed;
}

import type { IdentityCall } from '../../../../app/account-identity.ts';
import { Failure } from '../../../../errors.ts';
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
 * Runs `task` with the account's password: from the file that is named, the configuration, what `register` has kept, or
 * the terminal; asked for when needed.
 */
export async function withAccountPassword<Result>(
  context: CliContext,
  globals: GlobalOptions,
  call: IdentityCall,
  file: string | undefined,
  task: (password: () => Promise<string | undefined>) => Promise<Result>,
): Promise<Result> {
  const { accountOptions } = await import('../../../../app/accounts.ts');
  const { KeptPassword } = await import('../../../../accounts/kept-password.ts');
  const { withPassword } = await import('../../login/with-password.ts');
  const { account, config } = call;
  const { name, userId } = account;
  const sources = {
    kept: userId === undefined ? undefined : new KeptPassword(config.dataDir, userId),
    homeserver: async () => await homeserverOf(call),
    given: async () =>
      file === undefined
        ? await accountOptions(account).password?.()
        : await readSecretFile(context, file),
    ask: async () => await askPassword(context, `Password of ${userId ?? name}: `),
  };
  return await withPassword(context, globals, sources, task);
}

/** Where the account speaks, and proves who it is. */
async function homeserverOf({ account, config, signal, onEvent }: IdentityCall): Promise<string> {
  const { needHomeserver } = await import('../../../../accounts/find-base-url.ts');
  const { accountPorts } = await import('../../../../app/account-session.ts');
  const ports = accountPorts(config, onEvent);
  const stored = await ports.store.read(account.name);
  const isTheirs = stored !== undefined && stored.userId === account.userId;
  return await needHomeserver(account, ports, isTheirs ? stored.homeserver : undefined, signal);
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

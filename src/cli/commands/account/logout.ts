import { Command } from 'commander';
import { Failure } from '../../../errors.ts';
import type { UserId } from '../../../matrix/ids.ts';
import { addExample } from '../../add-example.ts';
import type { CliContext } from '../../context.ts';
import { globalOptions } from '../../global-options.ts';
import { openConfig } from '../../open-config.ts';
import { writeResult } from '../../results.ts';
import { callLimit } from '../call-limit.ts';

/** `bellhop account logout`: ends an account's device. */
export function logoutCommand(context: CliContext): Command {
  const command = new Command('logout')
    .description('end the session of an account: its device is deleted, its token forgotten')
    .argument('<account>', 'its name in the configuration')
    .option('--force', 'also one of which no password is known here')
    .action(async (name: string, options: { readonly force?: boolean }) => {
      await logOutAccount(context, command, name, options.force === true);
    });
  return addExample(command, 'bellhop account logout main');
}

async function logOutAccount(
  context: CliContext,
  command: Command,
  name: string,
  isForced: boolean,
): Promise<void> {
  const globals = globalOptions(command);
  const { accountPorts } = await import('../../../app/account-session.ts');
  const { logOut } = await import('../../../accounts/log-in.ts');
  const { config } = await openConfig(context, globals);
  const ports = accountPorts(config, () => undefined);
  const configured = config.accounts.get(name);
  // What is no longer configured can still be logged out, by what is kept of it.
  const stored = await ports.store.read(name);
  if (configured === undefined && stored === undefined) {
    throw new Failure('not_found', { detail: `There is no account "${name}".` });
  }
  const userId = configured?.userId ?? stored?.userId;
  const passwordFile = await keptPasswordFile(config.dataDir, userId, isForced);
  const canReturn = configured?.password !== undefined || passwordFile !== undefined;
  if (stored !== undefined && !canReturn && !isForced) {
    throw new Failure('usage', {
      detail: `No password of ${name} is known here, and without one it cannot log in again: make sure that you have it, then say --force.`,
    });
  }
  const homeserver = configured?.homeserver ?? stored?.homeserver;
  const wasLoggedIn = await logOut({ name, userId, homeserver }, ports, callLimit(context));
  const back = passwordFile === undefined ? '' : ` Its password stays in ${passwordFile}.`;
  writeResult(context, globals, {
    json: { account: name, logged_out: wasLoggedIn },
    text: wasLoggedIn
      ? `Account ${name} is logged out; its device is deleted.${back}`
      : `Account ${name} was not logged in.`,
  });
}

/** The file that holds a password which `register` has made; undefined: there is none, or none that a forced logout needs. */
async function keptPasswordFile(
  dataDir: string,
  userId: UserId | undefined,
  isForced: boolean,
): Promise<string | undefined> {
  if (userId === undefined) return undefined;
  const { KeptPassword } = await import('../../../accounts/kept-password.ts');
  const kept = new KeptPassword(dataDir, userId);
  try {
    return (await kept.read()) === undefined ? undefined : kept.place;
  } catch (error) {
    if (isForced) return undefined;
    throw error;
  }
}

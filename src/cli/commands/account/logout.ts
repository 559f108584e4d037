import { Command } from 'commander';
import { Failure } from '../../../errors.ts';
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
    .action(async (name: string) => {
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
      const account = {
        name,
        userId: configured?.userId ?? stored?.userId,
        homeserver: configured?.homeserver ?? stored?.homeserver,
      };
      const wasLoggedIn = await logOut(account, ports, callLimit(context));
      writeResult(context, globals, {
        json: { account: name, logged_out: wasLoggedIn },
        text: wasLoggedIn
          ? `Account ${name} is logged out; its device is deleted.`
          : `Account ${name} was not logged in.`,
      });
    });
  return addExample(command, 'bellhop account logout main');
}

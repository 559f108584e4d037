import { Command } from 'commander';
import { addExample } from '../../../add-example.ts';
import type { CliContext } from '../../../context.ts';
import { globalOptions } from '../../../global-options.ts';
import { writeNote, writeResult } from '../../../results.ts';
import { identityCall, readRecoveryKey, withAccountPassword } from './identity-call.ts';

interface RecoverOptions {
  readonly recoveryKeyFile?: string;
  readonly passwordFile?: string;
}

/** `bellhop account identity recover`: brings the identity to this device, or to a new one, with the recovery key. */
export function recoverCommand(context: CliContext): Command {
  const command = new Command('recover')
    .description(
      'bring the identity back with the recovery key; makes a new device where the old one is lost',
    )
    .argument('[account]', 'its name in the configuration; default: the first')
    .option('--recovery-key-file <file>', 'the recovery key; - is standard input')
    .option('--password-file <file>', 'the password, if a new device is needed')
    .action(async (name: string | undefined, options: RecoverOptions) => {
      const globals = globalOptions(command);
      const { recoverIdentity } = await import('../../../../app/account-identity.ts');
      const call = await identityCall(context, globals, name);
      const recoveryKey = await readRecoveryKey(context, options.recoveryKeyFile);
      const { already, newDevice } = await withAccountPassword(
        context,
        globals,
        call,
        options.passwordFile,
        async (password) => await recoverIdentity(call, recoveryKey, password),
      );
      const account = call.account.name;
      writeResult(context, globals, {
        json: { account, already, new_device_id: newDevice },
        text: textOf(account, already, newDevice),
      });
      writeNote(
        context,
        globals,
        'A running `bellhop serve` goes on within a minute, or at once after `bellhop outbox wake`.',
      );
    });
  return addExample(command, 'bellhop account identity recover --recovery-key-file recovery.key');
}

function textOf(account: string, already: boolean, newDevice: string | undefined): string {
  if (already) return `Account ${account} has its identity, and this device is signed.`;
  if (newDevice === undefined) return `Account ${account} has its identity again.`;
  return `Account ${account} speaks from a new device, ${newDevice}, which its identity has signed.`;
}

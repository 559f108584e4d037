import { Command } from 'commander';
import { addExample } from '../../../add-example.ts';
import type { CliContext } from '../../../context.ts';
import { type GlobalOptions, globalOptions } from '../../../global-options.ts';
import { writeNote, writeResult } from '../../../results.ts';
import { identityCall, withAccountPassword } from './identity-call.ts';
import { reportRecoveryKey } from './report-recovery-key.ts';

/** `bellhop account identity setup`: gives an account an identity, and shows its recovery key. */
export function setupCommand(context: CliContext): Command {
  const command = new Command('setup')
    .description('give an account an identity that signs its device, and show its recovery key')
    .argument('[account]', 'its name in the configuration; default: the first')
    .option('--password-file <file>', 'the password, if the homeserver asks; - is standard input')
    .action(async (name: string | undefined, options: { readonly passwordFile?: string }) => {
      const globals = globalOptions(command);
      const { setUpIdentity } = await import('../../../../app/account-identity.ts');
      const call = await identityCall(context, globals, name);
      const { passwordFile } = options;
      const made = await withAccountPassword(
        context,
        globals,
        call,
        passwordFile,
        async (password) => await setUpIdentity(call, password),
      );
      const account = call.account.name;
      if (made.kind === 'made') {
        reportRecoveryKey(context, globals, account, made.recoveryKey);
        return;
      }
      reportNothingMade(context, globals, account);
    });
  return addExample(
    command,
    'bellhop account identity setup',
    '(umask 077; set -C; bellhop account identity setup main > recovery.key)',
  );
}

/** Standard output may be the file in which the key is kept: no sentence belongs there. */
function reportNothingMade(context: CliContext, globals: GlobalOptions, account: string): void {
  const text = `Account ${account} has its identity already, and this device is signed: nothing was changed. The recovery key was shown when it was made.`;
  if (globals.json === true)
    writeResult(context, globals, { json: { account, already: true }, text });
  else writeNote(context, globals, text);
}

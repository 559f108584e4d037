import { Command } from 'commander';
import { Failure } from '../../../../errors.ts';
import { addExample } from '../../../add-example.ts';
import type { CliContext } from '../../../context.ts';
import { globalOptions } from '../../../global-options.ts';
import { identityCall, withAccountPassword } from './identity-call.ts';
import { reportRecoveryKey } from './report-recovery-key.ts';

interface ResetOptions {
  readonly force?: boolean;
  readonly passwordFile?: string;
}

/** `bellhop account identity reset`: another identity, for when the recovery key is lost. */
export function resetCommand(context: CliContext): Command {
  const command = new Command('reset')
    .description(
      'replace the identity by another; whoever verified the account has to verify it again',
    )
    .argument('[account]', 'its name in the configuration; default: the first')
    .option('--force', 'really do it')
    .option('--password-file <file>', 'the password; - is standard input')
    .action(async (name: string | undefined, options: ResetOptions) => {
      const globals = globalOptions(command);
      if (options.force !== true) {
        throw new Failure('usage', {
          detail: 'This gives up the identity that others may have verified: say --force.',
        });
      }
      const { resetIdentity } = await import('../../../../app/account-identity.ts');
      const call = await identityCall(context, globals, name);
      const { passwordFile } = options;
      const made = await withAccountPassword(
        context,
        globals,
        call,
        passwordFile,
        async (password) => await resetIdentity(call, password),
      );
      reportRecoveryKey(context, globals, call.account.name, made.recoveryKey);
    });
  return addExample(command, 'bellhop account identity reset main --force');
}

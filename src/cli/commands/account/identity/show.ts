import { Command } from 'commander';
import type { ShownIdentity } from '../../../../encryption/identity/show-identity.ts';
import { addExample } from '../../../add-example.ts';
import type { CliContext } from '../../../context.ts';
import { globalOptions } from '../../../global-options.ts';
import { writeResult } from '../../../results.ts';
import { identityCall } from './identity-call.ts';

/** `bellhop account identity show`: the public part, by which others can verify the account. */
export function showCommand(context: CliContext): Command {
  const command = new Command('show')
    .description('show what others see of an identity: its keys, and whether the device is signed')
    .argument('[account]', 'its name in the configuration; default: the first')
    .action(async (name: string | undefined) => {
      const globals = globalOptions(command);
      const { identityOf } = await import('../../../../app/account-identity.ts');
      const call = await identityCall(context, globals, name);
      const shown = await identityOf(call);
      writeResult(context, globals, {
        json: {
          account: call.account.name,
          user_id: shown.userId,
          master_key: shown.masterKey,
          device_id: shown.deviceId,
          ed25519: shown.ed25519,
          signed: shown.signed,
          secret_storage_key_id: shown.secretStorageKeyId,
        },
        text: textOf(call.account.name, shown),
      });
    });
  return addExample(command, 'bellhop account identity show main');
}

function textOf(account: string, shown: ShownIdentity): string {
  const lines = [
    `Account       ${account}, ${shown.userId}`,
    `Identity      ${shown.masterKey ?? 'none; run `bellhop account identity setup`'}`,
    `Device        ${shown.deviceId}, ${shown.signed ? 'signed by the identity' : 'not signed'}`,
    `Fingerprint   ${shown.ed25519 ?? 'no keys uploaded yet'}`,
    `Recovery key  ${shown.secretStorageKeyId === undefined ? 'none' : 'there is one'}`,
  ];
  return lines.join('\n');
}

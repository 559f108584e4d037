import type { LoggedIn } from '../../../accounts/log-in.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import { writeNote, writeResult } from '../../results.ts';
import { warnOfNewDevice } from '../account-notes.ts';
import { type ChosenAccount, linesToAdd } from './choose-account.ts';
import type { IdentityAfterLogin } from './identity-after-login.ts';

/** Tells who is logged in now, from where, and what the configuration still lacks. */
export function reportLogin(
  context: CliContext,
  globals: GlobalOptions,
  account: ChosenAccount,
  login: LoggedIn,
  identity: IdentityAfterLogin | undefined,
): void {
  const { name, userId } = account;
  const { homeserver, deviceId, previousDeviceId } = login;
  writeResult(context, globals, {
    json: {
      account: name,
      user_id: userId,
      device_id: deviceId,
      previous_device_id: previousDeviceId,
      homeserver,
      recovery_key: identity?.kind === 'made' ? identity.recoveryKey : undefined,
    },
    text: `Account ${name} is logged in: ${userId}, device ${deviceId}, at ${homeserver}.${recoveryKeyText(identity)}`,
  });
  if (identity?.kind === 'failed') {
    const { message, entry } = identity.failure;
    writeNote(
      context,
      globals,
      `It cannot speak in encrypted rooms yet. ${message} ${entry.remedy}`,
    );
  }
  if (previousDeviceId !== undefined) {
    warnOfNewDevice(context, { account: name, deviceId, previousDeviceId });
  }
  const lines = linesToAdd(account);
  if (lines !== undefined) {
    writeNote(context, globals, `Add to the configuration, if it is not there yet:\n\n${lines}\n`);
  }
}

/** Shown once; kept nowhere here. */
function recoveryKeyText(identity: IdentityAfterLogin | undefined): string {
  if (identity?.kind !== 'made') return '';
  return `\n\nIts recovery key, shown only now; keep it in a safe place. Without it a lost device cannot be replaced by one\nthat others trust:\n\n  ${identity.recoveryKey}`;
}

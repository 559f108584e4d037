import { accountsDirectory } from '../../../accounts/account-files.ts';
import type { LoggedIn } from '../../../accounts/log-in.ts';
import type { CliContext } from '../../context.ts';
import type { GlobalOptions } from '../../global-options.ts';
import type { OpenedConfig } from '../../open-config.ts';
import { writeNote, writeResult } from '../../results.ts';
import { warnOfNewDevice } from '../account-notes.ts';
import { type ChosenAccount, linesToAdd } from './choose-account.ts';
import type { IdentityAfterLogin } from './identity-after-login.ts';

/** What came of a login. */
export interface LoginReport {
  readonly account: ChosenAccount;
  readonly login: LoggedIn;
  readonly identity: IdentityAfterLogin | undefined;
  /** The configuration that was used. */
  readonly opened: OpenedConfig;
  /** The file that holds a password nobody has chosen. */
  readonly passwordFile?: string | undefined;
}

/** Tells who is logged in now, from where, what is kept where, and what the configuration still lacks. */
export function reportLogin(
  context: CliContext,
  globals: GlobalOptions,
  { account, login, identity, opened, passwordFile }: LoginReport,
): void {
  const { name, userId } = account;
  const { homeserver, deviceId, previousDeviceId } = login;
  const { dataDir } = opened.config;
  const directory = accountsDirectory(dataDir);
  writeResult(context, globals, {
    json: {
      account: name,
      user_id: userId,
      device_id: deviceId,
      previous_device_id: previousDeviceId,
      homeserver,
      data_dir: dataDir,
      password_file: passwordFile,
      recovery_key: identity?.kind === 'made' ? identity.recoveryKey : undefined,
    },
    text: `Account ${name} is logged in: ${userId}, device ${deviceId}, at ${homeserver}.\nIts token is kept in ${directory}.${recoveryKeyText(identity)}`,
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
  if (passwordFile !== undefined) {
    const note = `Its password is a random one, kept in ${passwordFile} for its owner alone. Keep a copy beside the recovery key: on another machine the account cannot log in without it.`;
    writeNote(context, globals, note);
  }
  const lines = linesToAdd(account, opened);
  if (lines !== undefined) {
    writeNote(context, globals, `Add to the configuration, if it is not there yet:\n\n${lines}\n`);
  }
}

/** Shown once; kept nowhere here. */
function recoveryKeyText(identity: IdentityAfterLogin | undefined): string {
  if (identity?.kind !== 'made') return '';
  return `\n\nIts recovery key, shown only now; keep it in a safe place. Without it a lost device cannot be replaced by one\nthat others trust:\n\n  ${identity.recoveryKey}`;
}

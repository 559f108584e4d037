import type { AccountEvent } from '../../accounts/account-event.ts';
import type { CliContext } from '../context.ts';

/** Said whether or not the user wants few words: exactly once rests on the device. */
export function warnOfNewDevice(
  context: CliContext,
  change: {
    readonly account: string;
    readonly deviceId: string;
    readonly previousDeviceId: string;
  },
): void {
  const { account, deviceId, previousDeviceId } = change;
  context.stderr.write(
    `WARNING: account ${account} speaks from a new device, ${deviceId} instead of ${previousDeviceId}. The homeserver no longer knows the transaction ids of the old one; messages of unknown fate are looked up in their rooms before they are sent again.\n`,
  );
}

/** Tells what happens to an account while a command uses it, as far as its user must know. */
export function accountNotes(context: CliContext): (event: AccountEvent) => void {
  return (event) => {
    if (event.kind === 'new-device') warnOfNewDevice(context, event);
  };
}

import type { CliContext } from '../../../context.ts';
import type { GlobalOptions } from '../../../global-options.ts';
import { writeNote, writeResult } from '../../../results.ts';

/** Shows a new recovery key, the only time it is ever shown: on standard output, so that it can be kept by a program too. */
export function reportRecoveryKey(
  context: CliContext,
  globals: GlobalOptions,
  account: string,
  recoveryKey: string,
): void {
  writeNote(
    context,
    globals,
    `Account ${account} has an identity now. Keep this recovery key in a safe place: it is not shown again, and without it a lost device cannot be replaced by one that others trust.`,
  );
  writeResult(context, globals, {
    json: { account, recovery_key: recoveryKey },
    text: recoveryKey,
  });
}

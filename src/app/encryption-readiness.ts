import type { EncryptionReport } from '../encryption/encryption.ts';
import { identityFailure } from '../encryption/identity/identity-failure.ts';
import type { ReadinessCheck } from '../gateway/gateway-deps.ts';

/**
 * A check for each account that had something to encrypt: its identity, and whether its device works at the moment. None
 * of them makes the gateway unready, as messages are kept meanwhile.
 */
export function encryptionReadiness(reports: readonly EncryptionReport[]): ReadinessCheck[] {
  return reports.filter(wasNeeded).map((report) => {
    const name = `encryption ${report.account}`;
    const detail = troubleOf(report);
    return { name, ok: detail === undefined, detail };
  });
}

function wasNeeded({ identity, trouble }: EncryptionReport): boolean {
  return identity !== undefined || trouble !== undefined;
}

/** What is in the way; undefined: nothing. Answers go to anybody, so what homeservers said of rooms and users stays out. */
function troubleOf({ account, identity, trouble }: EncryptionReport): string | undefined {
  if (identity !== undefined && identity !== 'ok') {
    const { sentence, remedy } = identityFailure(identity, account).entry;
    return `${sentence} ${remedy}`;
  }
  return trouble === undefined ? undefined : 'it does not work at the moment; see `bellhop doctor`';
}

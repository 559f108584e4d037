import type { Session } from '../matrix/session.ts';

/** What delivery needs of the accounts. */
export interface Speakers {
  /**
   * What tells homeservers apart: the base URL, or the server name while that is not known.
   *
   * @throws Failure not_found for an account that is not configured
   */
  homeserver(account: string): string;
  /**
   * Runs `op` with a valid session; when the homeserver says that the session is over, renews it and runs `op` again.
   *
   * @throws Failure not_logged_in, login_refused, not_found: only an operator can help. Else what `op` throws.
   */
  withSession<T>(
    account: string,
    op: (session: Session) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
}

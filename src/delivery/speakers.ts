import type { Session } from '../matrix/session.ts';

/** What delivery needs of the accounts. */
export interface Speakers {
  /** What tells homeservers apart: the base URL, or the server name while that is not known. */
  homeserver(account: string): string;
  /**
   * Runs `op` with a valid session; when the homeserver says that the session is over, renews it and runs `op` again.
   *
   * @throws Failure not_logged_in, login_refused: only the account's operator can help. Else what `op` throws.
   */
  withSession<T>(
    account: string,
    op: (session: Session) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
}

import type { Session } from '../matrix/session.ts';

/** How a device speaks to its homeserver: with whatever session its account has at the moment. */
export interface SessionSource {
  withSession<Result>(
    account: string,
    operation: (session: Session) => Promise<Result>,
    signal: AbortSignal,
  ): Promise<Result>;
}

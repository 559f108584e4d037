import { encodePath } from './encode-path.ts';
import type { MxcUri } from './ids.ts';
import type { Session } from './session.ts';
import { sessionCallWith } from './session-call.ts';

/** Sets the name under which the account is shown (PUT /v3/profile/{userId}/displayname). */
export async function setDisplayName(
  session: Session,
  displayName: string,
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_matrix/client/v3/profile/${session.userId}/displayname`;
  await sessionCallWith(session, 'PUT', path, { displayname: displayName }, signal);
}

/** Sets the account's picture (PUT /v3/profile/{userId}/avatar_url). */
export async function setAvatarUrl(
  session: Session,
  avatarUrl: MxcUri,
  signal: AbortSignal,
): Promise<void> {
  const path = encodePath`/_matrix/client/v3/profile/${session.userId}/avatar_url`;
  await sessionCallWith(session, 'PUT', path, { avatar_url: avatarUrl }, signal);
}

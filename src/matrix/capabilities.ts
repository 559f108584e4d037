import { objectOf, textOf } from './json.ts';
import type { Session } from './session.ts';
import { sessionCall } from './session-call.ts';

/** The room versions a homeserver can make. */
export interface RoomVersions {
  /** What it makes when nobody names one; undefined: it does not say. */
  readonly default: string | undefined;
  /** Each with its stability, `stable` or `unstable`. */
  readonly available: ReadonlyMap<string, string>;
}

/** Which rooms can be made (GET /v3/capabilities, `m.room_versions`). */
export async function roomVersions(session: Session, signal: AbortSignal): Promise<RoomVersions> {
  const answer = await sessionCall(session, 'GET', '/_matrix/client/v3/capabilities', signal);
  const versions = objectOf(answer.need('capabilities', objectOf)['m.room_versions']) ?? {};
  const available = Object.entries(objectOf(versions['available']) ?? {});
  return {
    default: textOf(versions['default']),
    available: new Map(available.map(([version, stability]) => [version, String(stability)])),
  };
}

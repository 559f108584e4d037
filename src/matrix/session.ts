import type { Homeserver } from './homeserver.ts';
import type { UserId } from './ids.ts';

/** Who speaks, and with what: everything an authenticated call needs. */
export interface Session {
  readonly homeserver: Homeserver;
  readonly accessToken: string;
  readonly userId: UserId;
  readonly deviceId: string;
}

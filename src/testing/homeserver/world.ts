import type { Clock } from '../../clock.ts';
import type { IdSource } from './id-source.ts';
import type { Media } from './media.ts';
import type { Nonces } from './nonces.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Rooms } from './rooms.ts';
import type { Transactions } from './transactions.ts';
import type { Users } from './users.ts';

/** Everything the homeserver knows: what handlers work on. */
export interface World {
  readonly serverName: string;
  /** Version of new rooms that ask for none. */
  readonly roomVersion: string;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly users: Users;
  readonly rooms: Rooms;
  readonly transactions: Transactions;
  readonly media: Media;
  readonly rateLimit: RateLimit;
  readonly nonces: Nonces;
}

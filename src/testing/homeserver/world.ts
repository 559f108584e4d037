import type { Clock } from '../../clock.ts';
import type { EncryptionChecker } from '../encryption-checker.ts';
import type { AccountEntries } from './account-entries.ts';
import type { AnswerMemory } from './answer-memory.ts';
import type { CrossSigning } from './cross-signing.ts';
import type { DeviceInboxes } from './device-inboxes.ts';
import type { DeviceKeys } from './device-keys.ts';
import type { DeviceLists } from './device-lists.ts';
import type { Filters } from './filters.ts';
import type { IdSource } from './id-source.ts';
import type { InteractiveAuth } from './interactive-auth.ts';
import type { Media } from './media.ts';
import type { Nonces } from './nonces.ts';
import type { RateLimit } from './rate-limit.ts';
import type { Rooms } from './rooms.ts';
import type { Settings } from './settings.ts';
import type { Stream } from './stream.ts';
import type { Transactions } from './transactions.ts';
import type { Users } from './users.ts';

/** Everything the homeserver knows: what handlers work on. */
export interface World {
  readonly serverName: string;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly ids: IdSource;
  readonly stream: Stream;
  readonly users: Users;
  readonly interactiveAuth: InteractiveAuth;
  readonly rooms: Rooms;
  readonly transactions: Transactions;
  /** Which messages to devices were taken, in memory alone. */
  readonly toDeviceAnswers: AnswerMemory<true>;
  readonly media: Media;
  readonly rateLimit: RateLimit;
  readonly nonces: Nonces;
  /** Ids of redactions that an administrator has ordered; all are complete at once. */
  readonly redactions: Set<string>;
  readonly deviceKeys: DeviceKeys;
  readonly crossSigning: CrossSigning;
  readonly deviceLists: DeviceLists;
  readonly inboxes: DeviceInboxes;
  readonly accountData: AccountEntries;
  readonly filters: Filters;
  readonly encryptionChecker: EncryptionChecker;
}

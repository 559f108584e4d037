/**
 * A homeserver, a clock and chance for tests, `bellhop/testing`.
 *
 * ```ts
 * await using homeserver = await startFakeHomeserver();
 * const bot = homeserver.createUser('bot');
 * const roomId = homeserver.createRoom({ creator: bot.userId });
 * homeserver.fault('sendMessage', { kind: 'drop-answer' }, { times: 1 });
 * // … send to homeserver.baseUrl with bot.accessToken …
 * await homeserver.whenMessages(roomId, 1);
 * ```
 *
 * @module
 */
export { DeliveryChecker, type DeliveryVerdict } from './delivery-checker.ts';
export { EncryptionChecker, type EncryptionViolations } from './encryption-checker.ts';
export {
  type CreateRoomOptions,
  type CreateUserOptions,
  FakeHomeserver,
  type FakeHomeserverOptions,
  type FakeUser,
  startFakeHomeserver,
} from './fake-homeserver.ts';
export type { Exchange, RequestRecord } from './homeserver/exchange.ts';
export type { Fault, FaultBehaviour, FaultLimits, FaultMatch } from './homeserver/faults.ts';
export type { Medium } from './homeserver/media.ts';
export type { RateLimitOptions } from './homeserver/rate-limit.ts';
export type { JsonObject } from './homeserver/reply.ts';
export type { FakeEvent, Membership } from './homeserver/room.ts';
export type { UpgradeOptions } from './homeserver/room-upgrade.ts';
export type { FakeRequest, Operation } from './homeserver/route.ts';
export type { Settings } from './homeserver/settings.ts';
export type { Block } from './homeserver/user.ts';
export { ManualClock } from './manual-clock.ts';
export { seededRandom } from './seeded-random.ts';

import { type Clock, systemClock } from '../clock.ts';
import {
  type EventId,
  localpart,
  parseRoomAlias,
  parseUserId,
  type RoomId,
  type UserId,
} from '../matrix/ids.ts';
import { DeliveryChecker, type DeliveryVerdict } from './delivery-checker.ts';
import type { EncryptionViolations } from './encryption-checker.ts';
import { deactivate, reactivate } from './homeserver/deactivation.ts';
import { Dispatcher } from './homeserver/dispatcher.ts';
import type { Exchange, RequestRecord } from './homeserver/exchange.ts';
import {
  type Fault,
  type FaultBehaviour,
  type FaultLimits,
  type FaultMatch,
  Faults,
} from './homeserver/faults.ts';
import { Listener } from './homeserver/listener.ts';
import type { Medium } from './homeserver/media.ts';
import { putMembership } from './homeserver/membership.ts';
import { openWorld } from './homeserver/open-world.ts';
import type { RateLimitOptions } from './homeserver/rate-limit.ts';
import type { JsonObject } from './homeserver/reply.ts';
import type { FakeEvent, Membership, Room } from './homeserver/room.ts';
import { createRoom } from './homeserver/room-creation.ts';
import { type UpgradeOptions, upgradeRoom } from './homeserver/room-upgrade.ts';
import type { Settings } from './homeserver/settings.ts';
import type { Block } from './homeserver/user.ts';
import { whenCount } from './homeserver/when-count.ts';
import type { World } from './homeserver/world.ts';
import { seededRandom } from './seeded-random.ts';

export interface FakeHomeserverOptions {
  /** Default `hs.test`. */
  readonly serverName?: string;
  readonly clock?: Clock;
  /** Numbers in [0, 1) for ids, tokens and the probability of faults; default the same at every start. */
  readonly random?: () => number;
  /** Version of rooms that ask for none; default 12, as Synapse's. */
  readonly roomVersion?: string;
  /** Default `shared-secret`. */
  readonly registrationSharedSecret?: string;
  /** How long an access token lives that came with a refresh token; default 5 min, as Synapse's. */
  readonly tokenLifetimeMs?: number;
  /** Default 50 MiB, as Synapse's. */
  readonly uploadBytesMax?: number;
  /** False keeps neither timeline nor requests, for benchmarks; listeners still hear every event. Default true. */
  readonly record?: boolean;
}

/** A user who is logged in. */
export interface FakeUser {
  readonly userId: UserId;
  readonly password: string;
  readonly deviceId: string;
  readonly accessToken: string;
}

export interface CreateUserOptions {
  readonly password?: string;
  readonly deviceId?: string;
  readonly admin?: boolean;
}

export interface CreateRoomOptions {
  readonly creator: UserId;
  /** Joined from the start. */
  readonly members?: readonly UserId[];
  readonly invited?: readonly UserId[];
  readonly version?: string;
  /** `#name:server` of this server. */
  readonly alias?: string;
  readonly name?: string;
  readonly encrypted?: boolean;
  /** Anyone may join; default false. */
  readonly isPublic?: boolean;
  /** Fields of `m.room.power_levels` that differ from the default. */
  readonly powerLevels?: JsonObject;
}

/** Enough of the latest requests to judge a test by, few enough to keep. */
const requestsMax = 100_000;

/**
 * A homeserver in this process, on 127.0.0.1: it de-duplicates transaction ids as Synapse does, answers in Synapse's
 * words, and misbehaves when told to. Federation and the checking of signatures are left out.
 */
export class FakeHomeserver implements AsyncDisposable {
  readonly serverName: string;
  readonly registrationSharedSecret: string;
  /** The latest requests, oldest first. */
  readonly requests: RequestRecord[] = [];
  readonly #world: World;
  readonly #faults: Faults;
  readonly #listener: Listener;
  readonly #exchangeListeners = new Set<(exchange: Exchange) => void>();

  constructor(options: FakeHomeserverOptions) {
    const { random = seededRandom(1), record = true } = options;
    this.serverName = options.serverName ?? 'hs.test';
    this.registrationSharedSecret = options.registrationSharedSecret ?? 'shared-secret';
    this.#world = openWorld({
      serverName: this.serverName,
      registrationSharedSecret: this.registrationSharedSecret,
      clock: options.clock ?? systemClock,
      random,
      record,
      roomVersion: options.roomVersion,
      tokenLifetimeMs: options.tokenLifetimeMs,
      uploadBytesMax: options.uploadBytesMax,
    });
    this.#faults = new Faults(random);
    const dispatcher = new Dispatcher({
      world: this.#world,
      faults: this.#faults,
      onRequest: record ? (request) => this.#log(request) : undefined,
      exchangeListeners: this.#exchangeListeners,
    });
    this.#listener = new Listener(dispatcher.handle);
  }

  /** `http://127.0.0.1:port`, the same for the homeserver's whole life. */
  get baseUrl(): string {
    return this.#listener.baseUrl;
  }

  /** Makes a user and logs it in. */
  createUser(name: string, options: CreateUserOptions = {}): FakeUser {
    const userId = parseUserId(`@${name}:${this.serverName}`);
    if (userId === undefined) throw new Error(`${name} cannot be a localpart.`);
    const { password = `${name}-password`, deviceId = this.#world.ids.deviceId() } = options;
    const user = this.#world.users.add(userId, password, options.admin ?? false);
    const { access_token: accessToken } = this.#world.users.grant(user, deviceId, false);
    return { userId, password, deviceId, accessToken };
  }

  /** Another access token; without a device it is like one of Synapse's admin API, whose sends leave no rows. */
  issueToken(userId: UserId, deviceId?: string): string {
    return this.#world.users.issue(userId, deviceId);
  }

  /** The access tokens of a user that are still known. */
  tokensOf(userId: UserId): readonly string[] {
    return this.#world.users.tokensOf(userId);
  }

  /** From now on 401 `M_UNKNOWN_TOKEN`; the device stays. */
  revokeToken(accessToken: string): void {
    this.#world.users.revoke(accessToken);
  }

  /** From now on 401 `M_UNKNOWN_TOKEN` with `soft_logout: true`. */
  softLogout(accessToken: string): void {
    this.#world.users.softLogOut(accessToken);
  }

  /** Ends a device, its tokens and its transaction rows, as a logout does. */
  deleteDevice(userId: UserId, deviceId: string): void {
    this.#world.users.deleteDevice(userId, deviceId);
  }

  /** Locks, suspends or deactivates a user; undefined lifts it. */
  blockUser(userId: UserId, block: Block | undefined): void {
    const user = this.#world.users.get(userId);
    if (user === undefined) throw new Error(`There is no user ${userId}.`);
    user.locked = block === 'locked';
    user.suspended = block === 'suspended';
    if (block === 'deactivated') deactivate(this.#world, user, false);
    else reactivate(user);
  }

  /** Changes what the homeserver's operator may set. */
  set(settings: Partial<Settings>): void {
    Object.assign(this.#world.settings, settings);
  }

  /** @throws TypeError for an alias that is none */
  createRoom(options: CreateRoomOptions): RoomId {
    const { creator, members = [], invited = [], alias, name, version, powerLevels } = options;
    const room = createRoom(this.#world, creator, {
      preset: options.isPublic === true ? 'public_chat' : 'private_chat',
      invite: invited,
      ...(alias === undefined ? {} : { room_alias_name: aliasName(alias) }),
      ...(name === undefined ? {} : { name }),
      ...(version === undefined ? {} : { room_version: version }),
      ...(powerLevels === undefined ? {} : { power_level_content_override: powerLevels }),
    });
    for (const userId of members) putMembership(this.#world, room, userId, userId, 'join');
    if (options.encrypted === true) this.encryptRoom(room.roomId);
    return room.roomId;
  }

  /** Turns on encryption, in the name of the room's creator. */
  encryptRoom(roomId: RoomId): void {
    this.setState(roomId, 'm.room.encryption', '', { algorithm: 'm.megolm.v1.aes-sha2' });
  }

  /** Replaces a room in the name of its creator: tombstone, new room, aliases moved, members not. */
  upgradeRoom(roomId: RoomId, options: Partial<UpgradeOptions> & { by?: UserId } = {}): RoomId {
    const { by, version = this.#world.settings.roomVersion, ...more } = options;
    const room = this.#room(roomId);
    return upgradeRoom(this.#world, room, by ?? creatorOf(room), { version, ...more }).roomId;
  }

  /** Sets state whatever the power levels say, in the name of `sender`, by default the room's creator. */
  setState(
    roomId: RoomId,
    type: string,
    stateKey: string,
    content: JsonObject,
    sender?: UserId,
  ): EventId {
    const room = this.#room(roomId);
    return this.#world.rooms.setState(room, sender ?? creatorOf(room), type, stateKey, content);
  }

  /** The content of a state event, if there is one. */
  state(roomId: RoomId, type: string, stateKey: string): JsonObject | undefined {
    return this.#room(roomId).state(type, stateKey)?.content;
  }

  /** Invites, joins, removes or bans, whatever the power levels say. */
  setMembership(roomId: RoomId, userId: UserId, membership: Membership): void {
    const room = this.#room(roomId);
    const sender = membership === 'join' ? userId : creatorOf(room);
    putMembership(this.#world, room, sender, userId, membership);
  }

  /** All events of a room in order; empty when the homeserver does not record. */
  events(roomId: RoomId): readonly FakeEvent[] {
    return this.#room(roomId).timeline;
  }

  /** The events of a room that are no state: what was said there. */
  messages(roomId: RoomId): readonly FakeEvent[] {
    return this.events(roomId).filter(isMessage);
  }

  /** Resolves once a room has that many messages. @throws Error after `deadlineMs`, by default 10 s. */
  async whenMessages(
    roomId: RoomId,
    count: number,
    deadlineMs = 10_000,
  ): Promise<readonly FakeEvent[]> {
    const listen = (listener: () => void) => this.onEvent(listener);
    await whenCount(() => this.messages(roomId).length, count, listen, deadlineMs);
    return this.messages(roomId);
  }

  /** Everything that was uploaded. */
  media(): readonly Medium[] {
    return this.#world.media.all();
  }

  /** Calls `listener` with every new event. The returned function ends it. */
  onEvent(listener: (event: FakeEvent) => void): () => void {
    return this.#world.rooms.onEvent(listener);
  }

  /** Calls `listener` with every request that got an answer, and that answer. The returned function ends it. */
  onExchange(listener: (exchange: Exchange) => void): () => void {
    this.#exchangeListeners.add(listener);
    return () => this.#exchangeListeners.delete(listener);
  }

  /** Limits each user's messages, state, rooms and invitations as Synapse's `rc_message`; undefined lifts it. */
  rateLimit(limit: RateLimitOptions | undefined): void {
    this.#world.rateLimit.set(limit);
  }

  /** Makes the homeserver misbehave, until the limits are used up or the fault is removed. */
  fault(match: FaultMatch, behaviour: FaultBehaviour, limits: FaultLimits = {}): Fault {
    return this.#faults.set(match, behaviour, limits);
  }

  clearFaults(): void {
    this.#faults.clear();
  }

  /** Breaks all connections; the port refuses new ones until `comeBack`. */
  async goAway(): Promise<void> {
    await this.#listener.stop();
  }

  /** Listens on the same port again. */
  async comeBack(): Promise<void> {
    await this.#listener.start();
  }

  /** What kill -9 and a new start do to Synapse: connections break, memory is lost, what is on disk stays. */
  async restart(): Promise<void> {
    await this.goAway();
    this.#world.transactions.forgetMemory();
    this.#world.toDeviceAnswers.clear();
    await this.comeBack();
  }

  /**
   * Judges what arrived against the marks that each room should have, in order. A message's mark is what `markOf` finds
   * in its content; by default its whole body.
   */
  verifyDelivery(
    expected: ReadonlyMap<RoomId, readonly string[]>,
    markOf: (content: JsonObject) => unknown = (content) => content['body'],
  ): DeliveryVerdict {
    const checker = new DeliveryChecker();
    for (const [roomId, marks] of expected) {
      for (const mark of marks) checker.expect(roomId, mark);
      for (const { content } of this.messages(roomId)) {
        const mark = markOf(content);
        if (typeof mark === 'string') checker.arrive(roomId, mark);
      }
    }
    return checker.verdict();
  }

  /** How often a client used a key or a ratchet twice, as seen from outside since the start. */
  get encryptionViolations(): EncryptionViolations {
    return this.#world.encryptionChecker.violations();
  }

  /** How many one-time keys of a device can still be claimed. */
  oneTimeKeyCount(userId: UserId, deviceId: string): number {
    return this.#world.deviceKeys.counts(userId, deviceId)['signed_curve25519'] ?? 0;
  }

  /** Account data of a user, if there is any of that type. */
  accountData(userId: UserId, type: string): JsonObject | undefined {
    return this.#world.accountData.get(userId, type);
  }

  async stop(): Promise<void> {
    await this.#listener.stop();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  #room(roomId: RoomId): Room {
    const room = this.#world.rooms.get(roomId);
    if (room === undefined) throw new Error(`There is no room ${roomId}.`);
    return room;
  }

  #log(request: RequestRecord): void {
    this.requests.push(request);
    // A tenth at a time, because taking the first element away moves all others.
    if (this.requests.length > requestsMax) this.requests.splice(0, requestsMax / 10);
  }
}

/** Starts a fake homeserver on a free port of 127.0.0.1. Stop it, or open it with `await using`. */
export async function startFakeHomeserver(
  options: FakeHomeserverOptions = {},
): Promise<FakeHomeserver> {
  const homeserver = new FakeHomeserver(options);
  await homeserver.comeBack();
  return homeserver;
}

function aliasName(text: string): string {
  const alias = parseRoomAlias(text);
  if (alias !== undefined) return localpart(alias);
  throw new TypeError(`${JSON.stringify(text)} is no room alias such as #ops:hs.test.`);
}

function creatorOf(room: Room): UserId {
  const create = room.state('m.room.create', '');
  if (create === undefined) throw new Error(`The room ${room.roomId} has no create event.`);
  return create.sender;
}

const isMessage = (event: FakeEvent): boolean =>
  event.state_key === undefined && event.type !== 'm.room.redaction';

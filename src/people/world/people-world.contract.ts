import { type Clock, pause } from '../../clock.ts';
import type {
  DeploymentRooms,
  LevelsOutcome,
  MembershipOutcome,
} from '../../deployment/rooms/deployment-rooms.ts';
import type { RoomPeople } from '../../deployment/rooms/room-people.ts';
import { MatrixError, TransportError } from '../../matrix/errors.ts';
import { parseUserId, type RoomId, type UserId } from '../../matrix/ids.ts';
import type { Membership } from '../../matrix/membership.ts';
import type { RedactionStatus } from '../../matrix/synapse/redaction.ts';
import type { ListedUser, SynapseUser, UserChange } from '../../matrix/synapse/users.ts';
import type { Accounts } from '../accounts.ts';

/** What happens to one call: nothing is done; it is done and the answer lost, or a proxy's; or the homeserver is away. */
export type WorldFault = 'refused' | 'lost' | 'proxied' | 'away';

interface WorldRoom {
  readonly roomId: RoomId;
  readonly memberships: Map<UserId, Membership>;
  readonly levels: Map<UserId, number>;
}

type WorldUser = SynapseUser & { readonly devices: number; readonly uploads: number };

/** The user of a localpart in the world. */
export function userOf(localpart: string): UserId {
  const userId = parseUserId(`@${localpart}:x`);
  if (userId === undefined) throw new Error(`${localpart} is no localpart`);
  return userId;
}

/** A homeserver's accounts and a deployment's rooms in memory, which may misbehave, and which count. */
export class PeopleWorld implements DeploymentRooms, Accounts {
  readonly botUserId: UserId = userOf('bot');
  readonly serverName: string = 'x';
  keys: readonly string[];
  readonly rooms: Map<string, WorldRoom>;
  readonly users: Map<UserId, WorldUser> = new Map();
  readonly #clock: Clock;
  /** Each call, as "kind subject". */
  calls: string[] = [];
  /** What must never happen. */
  readonly violations: string[] = [];
  /** Whoever stands above all levels, as those who made a room of version 12. */
  readonly creators: Set<UserId> = new Set();
  botLevel = 200;
  deactivationMs = 0;
  /** What happens to the next call. */
  fault: (call: string) => WorldFault | undefined = () => undefined;
  readonly #ending = new Set<UserId>();
  readonly #redactions = new Map<string, number>();

  constructor(clock: Clock, keys: readonly string[]) {
    this.#clock = clock;
    this.keys = keys;
    this.rooms = new Map(
      keys.map((key) => [
        key,
        { roomId: `!${key}` as RoomId, memberships: new Map(), levels: new Map() },
      ]),
    );
  }

  /** The calls that changed something. */
  get writes(): string[] {
    return this.calls.filter((call) => !call.startsWith('read'));
  }

  addUser(localpart: string, change: Partial<WorldUser> = {}): UserId {
    const userId = userOf(localpart);
    this.users.set(userId, {
      userId,
      displayName: undefined,
      admin: false,
      deactivated: false,
      erased: false,
      locked: false,
      suspended: false,
      shadowBanned: false,
      userType: undefined,
      externalIds: [],
      devices: 2,
      uploads: 0,
      ...change,
    });
    return userId;
  }

  room(key: string): WorldRoom {
    const room = this.rooms.get(key);
    if (room === undefined) throw new Error(`no room ${key}`);
    return room;
  }

  /** What a person is to the rooms, as "general:join:100". */
  placesOf(localpart: string): string[] {
    const userId = userOf(localpart);
    return [...this.rooms].flatMap(([key, { memberships, levels }]) => {
      const membership = memberships.get(userId);
      const level = levels.get(userId);
      if (membership === undefined && level === undefined) return [];
      return [`${key}:${membership ?? ''}:${level ?? ''}`];
    });
  }

  roomId(key: string): RoomId | undefined {
    return this.rooms.get(key)?.roomId;
  }

  async read(subject: string, signal: AbortSignal): Promise<never>;
  async read(key: string, signal: AbortSignal): Promise<(RoomPeople & SynapseUser) | undefined>;
  async read(subject: string): Promise<unknown> {
    return await this.#call(`read ${subject}`, () =>
      subject.startsWith('@') ? this.users.get(subject as UserId) : this.#people(subject),
    );
  }

  async changeLevels(
    key: string,
    levels: ReadonlyMap<UserId, number | undefined>,
  ): Promise<LevelsOutcome> {
    return await this.#call(`levels ${key}`, () => {
      const room = this.room(key);
      const changes = [...levels].filter(([userId, level]) => room.levels.get(userId) !== level);
      const isTooStrong = ([userId, level]: (typeof changes)[number]) =>
        Math.max(room.levels.get(userId) ?? 0, (level ?? 0) - 1) >= this.botLevel;
      const allowed = changes.filter((change) => !isTooStrong(change));
      for (const [userId, level] of allowed) {
        if (level === undefined) room.levels.delete(userId);
        else room.levels.set(userId, level);
      }
      return {
        written: allowed.length > 0,
        refused: changes
          .filter(isTooStrong)
          .map(([userId]) => ({ userId, why: 'Too strong.', wayOut: 'Step down.' })),
      };
    });
  }

  async join(room: RoomPeople, userId: UserId): Promise<MembershipOutcome> {
    return await this.#call(`join ${room.key} ${userId}`, () => {
      const user = this.users.get(userId);
      if (user === undefined) return { kind: 'no_such_user' };
      if (user.deactivated) this.violations.push(`${userId} joined though deactivated`);
      this.room(room.key).memberships.set(userId, 'join');
      return { kind: 'done' };
    });
  }

  async kick(room: RoomPeople, userId: UserId): Promise<MembershipOutcome> {
    return await this.#call(`kick ${room.key} ${userId}`, () => {
      const { memberships, levels } = this.room(room.key);
      if ((levels.get(userId) ?? 0) >= this.botLevel) {
        return { kind: 'refused', why: 'As strong as the bot.', wayOut: 'Step down.' };
      }
      memberships.set(userId, 'leave');
      return { kind: 'done' };
    });
  }

  ban(): Promise<MembershipOutcome> {
    return Promise.reject(new Error('nobody bans'));
  }

  unban(): Promise<MembershipOutcome> {
    return Promise.reject(new Error('nobody unbans'));
  }

  async *list(): AsyncGenerator<readonly ListedUser[]> {
    yield await this.#call('read all', () => [...this.users.values()]);
  }

  async find(provider: string, externalId: string): Promise<UserId | undefined> {
    return await this.#call(`read ${provider} ${externalId}`, () => {
      const users = [...this.users.values()];
      const is = (id: { provider: string; externalId: string }) =>
        id.provider === provider && id.externalId === externalId;
      return users.find(({ externalIds }) => externalIds.some(is))?.userId;
    });
  }

  async change(userId: UserId, change: UserChange): Promise<void> {
    await this.#call(`change ${userId}`, () => {
      const { deactivated, locked, displayName } = change;
      this.#set(userId, {
        ...(deactivated === undefined ? {} : { deactivated }),
        ...(locked === undefined ? {} : { locked }),
        ...(displayName === undefined ? {} : { displayName }),
      });
    });
  }

  async memberships(userId: UserId): Promise<ReadonlyMap<RoomId, Membership>> {
    return await this.#call(`read memberships ${userId}`, () => {
      const all = new Map<RoomId, Membership>();
      for (const { roomId, memberships } of this.rooms.values()) {
        const membership = memberships.get(userId);
        if (membership !== undefined) all.set(roomId, membership);
      }
      return all;
    });
  }

  async endDevices(userId: UserId): Promise<number> {
    return await this.#call(`devices ${userId}`, () => {
      const devices = this.users.get(userId)?.devices ?? 0;
      this.#set(userId, { devices: 0 });
      return devices;
    });
  }

  async redact(userId: UserId, rooms: readonly RoomId[]): Promise<string> {
    return await this.#call(`redact ${userId} ${rooms.join()}`, () => {
      const id = `redaction-${this.#redactions.size + 1}`;
      this.#redactions.set(id, this.#clock.now() + 3_000);
      return id;
    });
  }

  async redaction(redactId: string): Promise<RedactionStatus | undefined> {
    return await this.#call(`read ${redactId}`, () => {
      const endsAt = this.#redactions.get(redactId);
      if (endsAt === undefined) return undefined;
      return { status: this.#clock.now() < endsAt ? 'active' : 'complete', failed: 0 };
    });
  }

  /** As when the homeserver restarts. */
  forgetRedactions(): void {
    this.#redactions.clear();
  }

  async deleteMedia(userId: UserId): Promise<number> {
    return await this.#call(`media ${userId}`, () => {
      const uploads = this.users.get(userId)?.uploads ?? 0;
      const deleted = Math.min(uploads, 100);
      this.#set(userId, { uploads: uploads - deleted });
      return deleted;
    });
  }

  async deactivate(userId: UserId, erase: boolean, signal: AbortSignal): Promise<void> {
    const call = `deactivate ${userId} ${erase}`;
    this.calls.push(call);
    const fault = this.fault(call);
    if (fault === 'away' || fault === 'refused') throw faultOf(fault, call);
    if (this.#ending.has(userId)) this.violations.push(`${userId} deactivated twice at a time`);
    this.#ending.add(userId);
    const ended = pause(this.#clock, this.deactivationMs).then(() => this.#end(userId, erase));
    if (fault !== undefined) throw faultOf(fault, call);
    await ended;
    signal.throwIfAborted();
  }

  #end(userId: UserId, erase: boolean): void {
    this.#ending.delete(userId);
    const erased = erase || this.users.get(userId)?.erased === true;
    this.#set(userId, { deactivated: true, erased, devices: 0 });
    for (const { memberships } of this.rooms.values()) {
      if (memberships.get(userId) === 'join') memberships.set(userId, 'leave');
    }
  }

  #set(userId: UserId, change: Partial<WorldUser>): void {
    const user = this.users.get(userId);
    if (user !== undefined) this.users.set(userId, { ...user, ...change });
  }

  #people(key: string): RoomPeople | undefined {
    const room = this.rooms.get(key);
    if (room === undefined) return undefined;
    const { roomId } = room;
    const memberships = new Map(room.memberships);
    const levels = new Map(room.levels);
    const creators = new Set(this.creators);
    return {
      key,
      roomId,
      roomVersion: '11',
      memberships,
      levels,
      levelOf: (userId) =>
        creators.has(userId) ? Number.POSITIVE_INFINITY : (levels.get(userId) ?? 0),
      levelTo: () => 50,
    };
  }

  async #call<Answer>(call: string, act: () => Answer): Promise<Answer> {
    this.calls.push(call);
    await Promise.resolve();
    const fault = this.fault(call);
    if (fault === undefined) return act();
    if (fault === 'lost' || fault === 'proxied') act();
    throw faultOf(fault, call);
  }
}

function faultOf(fault: WorldFault, call: string): Error {
  if (fault === 'lost') return new TransportError('interrupted', call, 'ECONNRESET');
  if (fault === 'away') return new TransportError('unreachable', call, 'ECONNREFUSED');
  const refusal = {
    status: fault === 'proxied' ? 504 : 500,
    errcode: 'M_UNKNOWN',
    error: 'Internal',
    json: true,
  };
  return new MatrixError(call, refusal);
}

import { MatrixError } from '../../matrix/errors.ts';
import type { RoomId, UserId } from '../../matrix/ids.ts';
import { fromText, type JsonObject } from '../../matrix/json.ts';
import {
  banUser,
  kickUser,
  type Membership,
  parseMembership,
  unbanUser,
} from '../../matrix/membership.ts';
import { levelToSend } from '../../matrix/power.ts';
import type { Session } from '../../matrix/session.ts';
import { putState, roomState } from '../../matrix/state.ts';
import { forceJoin } from '../../matrix/synapse/rooms.ts';
import { describeChange, levelsWithUsers, sameLevels } from '../levels/power.ts';
import { withinPower } from '../levels/power-within.ts';
import { readRoom } from '../observed/read-room.ts';
import type { RoomView } from '../observed/room-view.ts';
import type {
  DeploymentRooms,
  LevelsOutcome,
  MembershipOutcome,
  RefusedLevel,
} from './deployment-rooms.ts';
import type { RoomLocks } from './room-locks.ts';
import { type RoomAct, type RoomPeople, roomPeople } from './room-people.ts';

const raiseBot = 'Let somebody with more power in the room raise the bot, or do it by hand.';

/** What the rooms are spoken for with. */
export interface LiveRooms {
  readonly session: Session;
  readonly serverName: string;
  readonly keys: readonly string[];
  readonly rooms: ReadonlyMap<string, RoomId>;
  readonly locks: RoomLocks;
}

/** The rooms of a deployment on a homeserver, for as long as one session lasts. */
export class LiveDeploymentRooms implements DeploymentRooms {
  readonly botUserId: UserId;
  readonly serverName: string;
  readonly keys: readonly string[];
  readonly #session: Session;
  readonly #rooms: ReadonlyMap<string, RoomId>;
  readonly #locks: RoomLocks;

  constructor({ session, serverName, keys, rooms, locks }: LiveRooms) {
    this.botUserId = session.userId;
    this.serverName = serverName;
    this.keys = keys;
    this.#session = session;
    this.#rooms = rooms;
    this.#locks = locks;
  }

  roomId(key: string): RoomId | undefined {
    return this.#rooms.get(key);
  }

  async read(key: string, signal: AbortSignal): Promise<RoomPeople | undefined> {
    const view = await this.#view(key, signal);
    return view === undefined ? undefined : roomPeople(key, view.roomId, view.events);
  }

  async changeLevels(
    key: string,
    levels: ReadonlyMap<UserId, number | undefined>,
    signal: AbortSignal,
  ): Promise<LevelsOutcome> {
    const roomId = this.#rooms.get(key);
    if (roomId === undefined) throw new Error(`The room ${key} is not there.`);
    return await this.#locks.run(roomId, async () => {
      const view = await readRoom(this.#session, roomId, signal);
      if (view === undefined) throw new Error(`The room ${key} is not there any more.`);
      const { content, refused } = this.#within(view, levels);
      const before = view.powerLevels ?? {};
      if (content === undefined || sameLevels(before, content)) return { written: false, refused };
      await putState(this.#session, roomId, 'm.room.power_levels', '', content, signal);
      return { written: true, refused };
    });
  }

  async join(room: RoomPeople, userId: UserId, signal: AbortSignal): Promise<MembershipOutcome> {
    const membership = room.memberships.get(userId);
    if (membership === 'join') return { kind: 'already' };
    if (membership === 'ban') {
      return { kind: 'refused', why: `${userId} is banned.`, wayOut: 'Lift the ban.' };
    }
    const change = forceJoin(this.#session, room.roomId, userId, signal);
    return await this.#settle(room, userId, ['join'], change, signal);
  }

  async kick(
    room: RoomPeople,
    userId: UserId,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<MembershipOutcome> {
    const membership = room.memberships.get(userId);
    const isOut = membership === undefined || membership === 'leave' || membership === 'ban';
    if (isOut) return { kind: 'already' };
    const refused = this.#powerless(room, userId, 'kick');
    if (refused !== undefined) return refused;
    const change = kickUser(this.#session, room.roomId, { userId, reason }, signal);
    return await this.#settle(room, userId, ['leave', 'ban'], change, signal);
  }

  async ban(
    room: RoomPeople,
    userId: UserId,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<MembershipOutcome> {
    if (room.memberships.get(userId) === 'ban') return { kind: 'already' };
    const refused = this.#powerless(room, userId, 'ban');
    if (refused !== undefined) return refused;
    const change = banUser(this.#session, room.roomId, { userId, reason }, signal);
    return await this.#settle(room, userId, ['ban'], change, signal);
  }

  async unban(room: RoomPeople, userId: UserId, signal: AbortSignal): Promise<MembershipOutcome> {
    if (room.memberships.get(userId) !== 'ban') return { kind: 'already' };
    const refused = this.#powerless(room, userId, 'ban');
    if (refused !== undefined) return refused;
    const change = unbanUser(this.#session, room.roomId, userId, signal);
    return await this.#settle(room, userId, ['leave', 'join', 'invite'], change, signal);
  }

  async #view(key: string, signal: AbortSignal): Promise<RoomView | undefined> {
    const roomId = this.#rooms.get(key);
    return roomId === undefined ? undefined : await readRoom(this.#session, roomId, signal);
  }

  #within(
    view: RoomView,
    levels: ReadonlyMap<UserId, number | undefined>,
  ): { content: JsonObject | undefined; refused: readonly RefusedLevel[] } {
    const { botUserId } = this;
    const others = new Map([...levels].filter(([userId]) => userId !== botUserId));
    const named = new Map([...others].filter(([userId]) => Number.isFinite(view.powerOf(userId))));
    const creators = [...others.keys()].filter((userId) => !named.has(userId));
    const before = view.powerLevels;
    const power = view.powerOf(botUserId);
    const refused = creators.map((userId) => ({
      userId,
      why: `${userId} made the room and stands above all levels for ever.`,
      wayOut: 'Have another room made.',
    }));
    if (power < levelToSend('m.room.power_levels', true, before)) {
      const why = `Power levels take more power than the bot's ${power}.`;
      const all = [...named.keys()].map((userId) => ({ userId, why, wayOut: raiseBot }));
      return { content: undefined, refused: [...refused, ...all] };
    }
    const within = withinPower(
      power,
      botUserId,
      before ?? {},
      levelsWithUsers(before ?? {}, named),
    );
    const tooStrong = within.refused.map((change) => ({
      userId: change.path[1] as UserId,
      why: `The bot's power of ${power} does not reach to set ${describeChange(change)}.`,
      wayOut: 'Let that user step down, or let somebody with more power raise the bot.',
    }));
    return { content: within.content, refused: [...refused, ...tooStrong] };
  }

  /** The rules of the room before the request: whoever is as strong as the bot can be put out by nobody here. */
  #powerless(room: RoomPeople, userId: UserId, act: RoomAct): MembershipOutcome | undefined {
    const power = room.levelOf(this.botUserId);
    const needed = room.levelTo(act);
    const other = room.levelOf(userId);
    if (power >= needed && power > other) return undefined;
    const why =
      power < needed
        ? `It takes power ${needed} to ${act}, and the bot has ${power}.`
        : `${userId} has power ${other}, and the bot has ${power}.`;
    return { kind: 'refused', why, wayOut: raiseBot };
  }

  /**
   * Changes a membership and says what the homeserver made of it. A refusal is looked into: the room may have been read
   * before somebody else did the same.
   */
  async #settle(
    room: RoomPeople,
    userId: UserId,
    wished: readonly Membership[],
    change: Promise<void>,
    signal: AbortSignal,
  ): Promise<MembershipOutcome> {
    try {
      await change;
      return { kind: 'done' };
    } catch (error) {
      if (!(error instanceof MatrixError) || !error.json) throw error;
      if (error.status === 404) return { kind: 'no_such_user' };
      if (error.status !== 400 && error.status !== 403) throw error;
      const now = await roomState(this.#session, room.roomId, 'm.room.member', userId, signal);
      const membership = fromText(parseMembership)(now?.['membership']);
      if (membership !== undefined && wished.includes(membership)) return { kind: 'already' };
      const wayOut = 'Look at the account and the room; the next look tries again.';
      return { kind: 'refused', why: `${userId}: ${error.error}`, wayOut };
    }
  }
}

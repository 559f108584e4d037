import type { RoomId, UserId } from '../../matrix/ids.ts';
import type { RoomPeople } from './room-people.ts';

/** What came of a change of levels. */
export interface LevelsOutcome {
  /** False: nothing differed, or nothing of it was allowed. */
  readonly written: boolean;
  readonly refused: readonly RefusedLevel[];
}

export interface RefusedLevel {
  readonly userId: UserId;
  readonly why: string;
  /** What a person can do. */
  readonly wayOut: string;
}

/** What came of a change of membership. */
export type MembershipOutcome =
  | { readonly kind: 'done' }
  /** There was nothing to do. */
  | { readonly kind: 'already' }
  /** The homeserver has no such account (yet). */
  | { readonly kind: 'no_such_user' }
  /** Asking again helps only once somebody has done what `wayOut` says. */
  | { readonly kind: 'refused'; readonly why: string; readonly wayOut: string };

/**
 * What may be asked of the rooms of a deployment for the people in them. Everything goes by difference: what is so
 * already is not written. MatrixError and TransportError are thrown for what is no answer to the question.
 */
export interface DeploymentRooms {
  /** The account that does everything; its own membership and level are not changed here. */
  readonly botUserId: UserId;
  readonly serverName: string;
  /** Of every room in the file, the space first, whether it is there or not. */
  readonly keys: readonly string[];
  /** Undefined: the room is not there (yet). */
  roomId(key: string): RoomId | undefined;
  /** One request: memberships and levels as they are now. Undefined: the room is not there (yet). */
  read(key: string, signal: AbortSignal): Promise<RoomPeople | undefined>;
  /**
   * Sets users' levels, or takes their entries away where undefined, all in one write; whoever else changes levels of
   * the room through here waits. What the bot lacks the power for is left out and told.
   */
  changeLevels(
    key: string,
    levels: ReadonlyMap<UserId, number | undefined>,
    signal: AbortSignal,
  ): Promise<LevelsOutcome>;
  /** Lets a user of this homeserver be in the room. Ask first whether the account is deactivated: it would be joined too. */
  join(room: RoomPeople, userId: UserId, signal: AbortSignal): Promise<MembershipOutcome>;
  /** Puts a user out, or takes an invitation or a knock back. */
  kick(
    room: RoomPeople,
    userId: UserId,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<MembershipOutcome>;
  ban(
    room: RoomPeople,
    userId: UserId,
    reason: string | undefined,
    signal: AbortSignal,
  ): Promise<MembershipOutcome>;
  unban(room: RoomPeople, userId: UserId, signal: AbortSignal): Promise<MembershipOutcome>;
}

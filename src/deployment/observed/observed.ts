import type { RoomVersions } from '../../matrix/capabilities.ts';
import type { RoomAlias, RoomId, UserId } from '../../matrix/ids.ts';
import type { RoomView } from './room-view.ts';

/** A room that was looked at; undefined `view`: the homeserver does not know it (any more). */
export interface SeenRoom {
  readonly roomId: RoomId;
  readonly view: RoomView | undefined;
}

/** What is there for a room of the file. */
export interface ObservedRoom {
  /** Where each alias of the file leads. */
  readonly aliases: ReadonlyMap<RoomAlias, SeenRoom | undefined>;
  /** How the room was found: by what stands in it, by the file's `room`, or by its alias. */
  readonly foundBy: 'marker' | 'name' | 'alias' | undefined;
  /** The room that was found and those that replaced it, one after the other. */
  readonly chain: readonly SeenRoom[];
  /**
   * How the last of the chain is: `open`; `closed` with nothing after it; `circle`, or `endless`, when the upgrades lead
   * back or on and on; `unproven` when what is named as its replacement does not name it as its predecessor.
   */
  readonly end: 'open' | 'closed' | 'circle' | 'endless' | 'unproven';
  /** Why the homeserver did not let it be looked at; then the rest says nothing. */
  readonly unreadable?: string;
  /** Other open rooms of the bot that say to be the room of this key too. */
  readonly twins?: readonly RoomId[];
  /** The file's `room`, where another says to be the room of this key. */
  readonly passedOver?: RoomId;
  /** Why nobody could look whether and how it is; then the rest says nothing but where the aliases lead. */
  readonly unseen?: string;
}

/** A deployment as the homeserver has it. */
export interface ObservedDeployment {
  readonly botUserId: UserId;
  /** Undefined: it could not be asked. */
  readonly roomVersions: RoomVersions | undefined;
  readonly rooms: ReadonlyMap<string, ObservedRoom>;
}

/** For a room of which nothing was found. */
export const nothingFound: ObservedRoom = {
  aliases: new Map(),
  foundBy: undefined,
  chain: [],
  end: 'open',
};

import type { MxcUri, RoomAlias, RoomReference, UserId } from '../matrix/ids.ts';

/**
 * What happens to a field that somebody else changed. `enforce`: it is set again. `once`: set when the room is made, a
 * difference is told and left. `ignore`: set when the room is made, then nobody's business.
 */
export type DriftMode = 'enforce' | 'ignore' | 'once';

/** A value and what happens when the room has another. */
export interface Wanted<Value> {
  readonly value: Value;
  readonly drift: DriftMode;
}

export type JoinRule = 'public' | 'invite' | 'knock' | 'restricted' | 'knock_restricted';
export type HistoryVisibility = 'joined' | 'invited' | 'shared' | 'world_readable';
export type GuestAccess = 'forbidden' | 'can_join';

/** What a room's `m.room.power_levels` must say; what is not named keeps the level it has. */
export interface WantedLevels {
  /** `ban`, `events_default`, `invite`, `kick`, `redact`, `state_default`, `users_default`. */
  readonly defaults: ReadonlyMap<string, number>;
  /** By event type. */
  readonly events: ReadonlyMap<string, number>;
  /** Of `m.room.server_acl` and the like no event may fall below what the homeserver's own rooms ask for. */
  readonly users: ReadonlyMap<UserId, number>;
  readonly notifications: ReadonlyMap<string, number>;
}

/** Which servers may take part in a room (`m.room.server_acl`). */
export interface ServerAcl {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly allowIpLiterals: boolean;
}

/** What is done when an alias of the file leads to a room that is not the deployment's. */
export type TakenAlias = 'refuse' | 'adopt' | 'replace';

/** A room as the file wants it. */
export interface DesiredRoom {
  /** Its name in the file, which is also kept in the room: the alias and all else may change, this may not. */
  readonly key: string;
  readonly kind: 'space' | 'room';
  /** An existing room to take over. */
  readonly room: RoomReference | undefined;
  readonly alias: RoomAlias | undefined;
  /** Further aliases, besides those that others gave it. */
  readonly aliases: readonly RoomAlias[];
  readonly taken: TakenAlias;
  readonly name: Wanted<string>;
  readonly topic: Wanted<string> | undefined;
  readonly avatar: Wanted<MxcUri> | undefined;
  readonly joinRule: Wanted<JoinRule>;
  readonly encryption: Wanted<boolean>;
  readonly historyVisibility: Wanted<HistoryVisibility>;
  readonly guestAccess: Wanted<GuestAccess>;
  readonly levels: Wanted<WantedLevels>;
  readonly acl: Wanted<ServerAcl> | undefined;
  /** A text that stands pinned on top of the room; never in an encrypted one. */
  readonly pinned: Wanted<string> | undefined;
  /** How it is listed in the space. */
  readonly link: Wanted<{ readonly suggested: boolean; readonly order: string | undefined }>;
}

/** What the holders of a role may enter, and how much they may do there. */
export interface Role {
  /** Keys of rooms. */
  readonly rooms: readonly string[];
  readonly level: number;
}

/** The account that does everything. */
export interface DesiredBot {
  readonly username: string;
  /** Synapse's `registration_shared_secret`, or the path of a file with it; undefined: the token file is all there is. */
  readonly registrationSecret: { readonly text: string } | { readonly file: string } | undefined;
  /** Path of the file in which its access token is kept. */
  readonly tokenFile: string;
}

/** A deployment as its file wants it. */
export interface DesiredDeployment {
  /** Tells the rooms of several deployments of one bot apart; it is kept in the rooms, beside their key. */
  readonly name: string;
  /** Base URL. */
  readonly homeserver: string;
  readonly serverName: string;
  readonly bot: DesiredBot;
  /** Of rooms that are made; undefined: the homeserver's default. */
  readonly roomVersion: string | undefined;
  /** Whether users of other homeservers can be in rooms that are made; it can never be changed later. */
  readonly federation: boolean;
  /** The space first. */
  readonly rooms: readonly DesiredRoom[];
  readonly roles: ReadonlyMap<string, Role>;
  /** The value of `people` as it stands in the file. */
  readonly people: unknown;
}

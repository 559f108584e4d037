import type {
  DriftMode,
  GuestAccess,
  HistoryVisibility,
  JoinRule,
  TakenAlias,
} from '../desired.ts';

/** Levels by name, as the file has them. */
export type LevelsByName = Readonly<Record<string, number>>;

/** The value of `power_levels`. */
export interface LevelsContent {
  readonly users?: LevelsByName | undefined;
  readonly users_default?: number | undefined;
  readonly events?: LevelsByName | undefined;
  readonly events_default?: number | undefined;
  readonly state_default?: number | undefined;
  readonly ban?: number | undefined;
  readonly kick?: number | undefined;
  readonly redact?: number | undefined;
  readonly invite?: number | undefined;
  readonly notifications?: LevelsByName | undefined;
}

/** The value of `drift`. */
export type DriftContent = Readonly<Partial<Record<string, DriftMode>>>;

/** What the space and every room may say. */
interface SharedContent {
  readonly room?: string | undefined;
  readonly alias?: string | undefined;
  readonly aliases: readonly string[];
  readonly if_taken: TakenAlias;
  readonly name?: string | undefined;
  readonly topic?: string | undefined;
  readonly avatar?: string | undefined;
  readonly join_rule?: JoinRule | undefined;
  readonly history_visibility?: HistoryVisibility | undefined;
  readonly guest_access?: GuestAccess | undefined;
  readonly power_levels?: LevelsContent | undefined;
  readonly acl?:
    | {
        readonly allow: readonly string[];
        readonly deny: readonly string[];
        readonly allow_ip_literals: boolean;
      }
    | undefined;
  readonly drift?: DriftContent | undefined;
}

/** The value of `space`. */
export interface SpaceContent extends SharedContent {
  readonly key: string;
}

/** A value in `rooms`. */
export interface RoomContent extends SharedContent {
  readonly encryption?: boolean | undefined;
  readonly calls?: 'everyone' | 'moderators' | undefined;
  readonly pinned?: string | undefined;
  readonly suggested?: boolean | undefined;
  readonly order?: string | undefined;
}

/** The value of `bot`. */
export interface BotContent {
  readonly username: string;
  readonly registration_secret?: string | undefined;
  readonly registration_secret_file?: string | undefined;
  readonly token_file: string;
}

/** A deployment file that the schema has taken, with its defaults. */
export interface FileContent {
  readonly name: string;
  readonly homeserver: string;
  readonly server_name: string;
  readonly bot: BotContent;
  readonly room_version?: string | undefined;
  readonly federation: boolean;
  readonly drift?: DriftContent | undefined;
  readonly space?: SpaceContent | undefined;
  readonly rooms: Readonly<Record<string, RoomContent>>;
  readonly roles: Readonly<
    Record<string, { readonly rooms: readonly string[]; readonly level: number }>
  >;
  readonly people?: unknown;
}

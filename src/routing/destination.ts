/** A configured room as callers may reach it, with all its settings applied. */
export interface Destination {
  /** The configured name, such as `ops`. */
  readonly name: string;
  /** The room id or alias of the configuration. */
  readonly room: string;
  /** The configured account that speaks there. */
  readonly account: string;
  readonly msgtype: 'm.text' | 'm.notice';
  /** Undefined: never says that it is late. */
  readonly lateAfterMs: number | undefined;
  /** Undefined: never expires. */
  readonly expireAfterMs: number | undefined;
}

/** What a source may reach; built from the configuration, immutable. */
export interface RoutingRules {
  /** Names of the rooms used when a call names none; may be empty. */
  readonly defaultRooms: readonly string[];
  /** Names of the rooms a call may name. */
  readonly allowed: readonly string[];
  /** Per origin: the room to use instead of the default. */
  readonly origins: Readonly<Record<string, string>>;
}

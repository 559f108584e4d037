import type { Destination } from './destination.ts';
import { shortNames } from './short-names.ts';
import { aliasRoomId, isStandIn, type Sha256, standInRoomId } from './stand-in-room-id.ts';

/** Where a configured room is known to lead. */
export interface KnownRoom {
  readonly account: string;
  /** The room as the configuration names it. */
  readonly room: string;
  /** The room id it leads to now. */
  readonly roomId: string;
  /** The rooms it led to before upgrades. */
  readonly predecessors: readonly string[];
}

/** All configured rooms under every name that callers know them by. Immutable. */
export interface RoomDirectory {
  readonly destinations: readonly Destination[];
  /** Whether it is known where every room leads: if not, an id that nothing has may be that of one of them. */
  readonly isComplete: boolean;
  byName(name: string): Destination | undefined;
  /**
   * The rooms that `named` may mean, in the order of the configuration: by configured name, alias, room id, the id of a
   * room that was replaced, or a stand-in; percent-encoded or raw; an id that carries a `:server` it does not have too, and
   * an id or alias that lost its own, where only one room can be meant.
   */
  find(named: string): readonly Destination[];
  /** Whether `named` is one of them, or an id that may turn out to be. */
  readonly mayBeRoom: (named: string) => boolean;
  /** The room id to tell strangers for an alias: `find` takes it for the alias, and it says nothing of what is configured. */
  strangersId(alias: string): string;
  /** The room id to tell callers: the known one, or a stand-in. */
  roomIdOf(destination: Destination): string;
  /** The configured name of a lane; undefined: it is no longer configured. */
  nameOf(account: string, room: string): string | undefined;
}

/**
 * The room under which entries for `named` are kept, one that is no longer configured included; undefined: it is neither a
 * room of the configuration nor an id or alias, so that no entry can be meant.
 */
export function keptRoom(rooms: Pick<RoomDirectory, 'find'>, named: string): string | undefined {
  return rooms.find(named)[0]?.room ?? (/^[!#]./.test(named) ? named : undefined);
}

const laneKey = (account: string, room: string): string => `${account}\u0000${room}`;
const none: readonly Destination[] = [];

/** A percent-encoding is undone at most this often: some clients encode a path twice. */
const decodingsMax = 2;

/** The text and what is under its percent-encoding, as far as that is well-formed. */
function spellings(named: string): string[] {
  const found = [named];
  let text = named;
  for (let i = 0; i < decodingsMax && text.includes('%'); i++) {
    try {
      text = decodeURIComponent(text);
    } catch {
      break;
    }
    found.push(text);
  }
  return found;
}

class Directory implements RoomDirectory {
  readonly destinations: readonly Destination[];
  readonly isComplete: boolean;
  readonly #byName = new Map<string, Destination>();
  readonly #byAnyName = new Map<string, Destination[]>();
  readonly #roomIds = new Map<string, string>();
  /** By account, then by room. */
  readonly #names = new Map<string, Map<string, string>>();
  /** The servers under whose name callers may call a configured name an alias. */
  readonly #servers: ReadonlySet<string>;
  readonly #sha256: Sha256;
  /** Both are made when somebody first needs them, as hardly anybody does. */
  #byShortName: ReadonlyMap<string, readonly Destination[]> | undefined;
  #aliases: ReadonlyMap<string, string> | undefined;

  constructor(options: RoomDirectoryOptions) {
    this.destinations = options.destinations;
    this.isComplete = options.isComplete ?? true;
    this.#servers = new Set(options.serverNames);
    this.#sha256 = options.sha256;
    const known = new Map(options.known.map((room) => [laneKey(room.account, room.room), room]));
    for (const destination of options.destinations) {
      const key = laneKey(destination.account, destination.room);
      const room = known.get(key);
      const isId = destination.room.startsWith('!');
      const standIn = standInRoomId(destination, options.sha256);
      const roomId = room?.roomId ?? (isId ? destination.room : standIn);
      this.#byName.set(destination.name, destination);
      this.#roomIds.set(destination.name, roomId);
      this.#nameLane(destination);
      const names = [
        destination.name,
        destination.room,
        roomId,
        standIn,
        ...(room?.predecessors ?? []),
      ];
      for (const name of new Set(names)) this.#add(name, destination);
    }
  }

  readonly mayBeRoom = (named: string): boolean =>
    this.find(named).length > 0 || (named.startsWith('!') && !this.isComplete);

  byName(name: string): Destination | undefined {
    return this.#byName.get(name);
  }

  find(named: string): readonly Destination[] {
    const direct = this.#byAnyName.get(named);
    if (direct !== undefined) return direct;
    for (const spelling of spellings(named)) {
      const found = this.#findSpelling(spelling);
      if (found.length > 0) return found;
    }
    return none;
  }

  strangersId(alias: string): string {
    return aliasRoomId(spellings(alias).at(-1) ?? alias, this.#sha256);
  }

  roomIdOf(destination: Destination): string {
    return this.#roomIds.get(destination.name) ?? destination.room;
  }

  nameOf(account: string, room: string): string | undefined {
    return this.#names.get(account)?.get(room);
  }

  /** The first name counts where several lead to one lane. */
  #nameLane({ account, room, name }: Destination): void {
    const names = this.#names.get(account) ?? new Map<string, string>();
    if (!names.has(room)) names.set(room, name);
    this.#names.set(account, names);
  }

  #add(name: string, destination: Destination): void {
    const others = this.#byAnyName.get(name);
    if (others === undefined) this.#byAnyName.set(name, [destination]);
    else others.push(destination);
  }

  #findSpelling(text: string): readonly Destination[] {
    const found = this.#byAnyName.get(text);
    if (found !== undefined) return found;
    const colon = text.indexOf(':');
    if (colon === -1) return this.#findShort(text);
    const before = text.slice(0, colon);
    // Clients that know only old room versions append a server to ids that have none.
    if (text.startsWith('!')) return this.#byAnyName.get(before) ?? this.#findStrangersId(before);
    if (!(text.startsWith('#') && this.#servers.has(text.slice(colon + 1)))) return none;
    const destination = this.#byName.get(before.slice(1));
    return destination === undefined ? none : [destination];
  }

  #findShort(text: string): readonly Destination[] {
    if (!/^[!#]/.test(text)) return none;
    this.#byShortName ??= shortNames(this.#byAnyName);
    return this.#byShortName.get(text) ?? this.#findStrangersId(text);
  }

  #findStrangersId(text: string): readonly Destination[] {
    if (!isStandIn(text)) return none;
    this.#aliases ??= new Map(this.#everyAlias().map((alias) => [this.strangersId(alias), alias]));
    const alias = this.#aliases.get(text);
    return alias === undefined ? none : this.#findSpelling(alias);
  }

  #everyAlias(): string[] {
    const aliases = [...this.#byAnyName.keys()].filter((name) => name.startsWith('#'));
    const names = [...this.#byName.keys()];
    return [
      ...aliases,
      ...[...this.#servers].flatMap((server) => names.map((name) => `#${name}:${server}`)),
    ];
  }
}

export interface RoomDirectoryOptions {
  readonly destinations: readonly Destination[];
  readonly known: readonly KnownRoom[];
  /** Default: true. */
  readonly isComplete?: boolean;
  readonly sha256: Sha256;
  /** Servers whose alias `#NAME:server` means the configured room NAME: the ones the façade calls its own. */
  readonly serverNames: readonly string[];
}

/** The directory of all configured rooms and what is known of them. */
export function createRoomDirectory(options: RoomDirectoryOptions): RoomDirectory {
  return new Directory(options);
}

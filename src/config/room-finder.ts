import { parseRoomReference } from '../matrix/ids.ts';
import type { RoomConfig } from './config.ts';
import { nearest } from './nearest.ts';
import type { Path, Report } from './place.ts';
import { plainRoom } from './plain-room.ts';

/** The configured rooms while the configuration is put together: what is asked for by id or alias joins them. */
export class RoomFinder {
  readonly rooms: Map<string, RoomConfig> = new Map();
  readonly #byReference = new Map<string, string>();
  readonly #declared: ReadonlySet<string>;
  readonly #defaultAccount: string;

  /** `declared` are the names in the file, those of rooms with mistakes included. */
  constructor(declared: ReadonlySet<string>, defaultAccount: string) {
    this.#declared = declared;
    this.#defaultAccount = defaultAccount;
  }

  add(room: RoomConfig): void {
    this.rooms.set(room.name, room);
    // Where two names mean one room, the first stands for it.
    if (!this.#byReference.has(room.room)) this.#byReference.set(room.room, room.name);
  }

  /** The name that a configured name, a room id or an alias goes by; reports a name that no room has. */
  find(text: string, path: Path, report: Report): string | undefined {
    if (this.rooms.has(text) || this.#declared.has(text)) return text;
    const reference = parseRoomReference(text);
    if (reference === undefined) {
      const near = nearest(text, this.#declared);
      const hint =
        near === undefined
          ? 'add it to `rooms`, or write a room id or an alias'
          : `did you mean ${near}?`;
      report(path, `no room is called ${JSON.stringify(text)}; ${hint}`);
      return undefined;
    }
    const known = this.#byReference.get(reference);
    if (known !== undefined) return known;
    this.add(plainRoom(reference, reference, this.#defaultAccount));
    return reference;
  }

  /** The room of a `send` that names none. */
  defaultRoom(): string | undefined {
    if (this.rooms.has('default')) return 'default';
    const [only, second] = this.rooms.keys();
    return second === undefined ? only : undefined;
  }
}

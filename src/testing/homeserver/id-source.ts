import type { EventId, RoomId } from '../../matrix/ids.ts';

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const alphabet = `${letters}abcdefghijklmnopqrstuvwxyz0123456789`;

/** An event id is `$` and 43 characters: a SHA-256 in unpadded base64. */
const hashChars = 43;
/** Base 36 digits of a counter that never overflows a safe integer. */
const counterChars = 11;

/** Names things: unique by a counter, so that it is cheap, and unlike any other server's by a random prefix. */
export class IdSource {
  readonly #random: () => number;
  readonly #eventPrefix: string;
  #counter = 0;

  constructor(random: () => number) {
    this.#random = random;
    this.#eventPrefix = `$${this.chars(hashChars - counterChars)}`;
  }

  eventId(): EventId {
    return `${this.#eventPrefix}${this.#count()}` as EventId;
  }

  /** From room version 12 on a room is named after its create event, room versions §12. */
  roomId(createEventId: EventId, version: number, serverName: string): RoomId {
    if (version >= 12) return `!${createEventId.slice(1)}` as RoomId;
    return `!${this.chars(18)}:${serverName}` as RoomId;
  }

  deviceId(): string {
    return this.chars(10, letters);
  }

  /** `kind` is `syt` for access, `syr` for refresh tokens, as Synapse writes them. */
  token(kind: 'syt' | 'syr'): string {
    return `${kind}_${this.chars(20)}_${this.#count()}`;
  }

  /** `count` random characters. */
  chars(count: number, from: string = alphabet): string {
    let text = '';
    for (let i = 0; i < count; i++) text += from.charAt(Math.floor(this.#random() * from.length));
    return text;
  }

  #count(): string {
    return (this.#counter++).toString(36).padStart(counterChars, '0');
  }
}

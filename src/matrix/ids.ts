/** Identifiers of the Matrix specification, appendices §4.2 "Identifier Grammar". Parsed once at the edge, then trusted. */
declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** `!opaque[:server]`; from room version 12 on there is no `:server`. Opaque: never split it. */
export type RoomId = Branded<'RoomId'>;
/** `#localpart:server` */
export type RoomAlias = Branded<'RoomAlias'>;
/** `@localpart:server` */
export type UserId = Branded<'UserId'>;
/** `$opaque` */
export type EventId = Branded<'EventId'>;
/** `mxc://server/media` */
export type MxcUri = Branded<'MxcUri'>;
/** What names a room on a homeserver. */
export type RoomReference = RoomId | RoomAlias;

/** Longest identifier, in UTF-8 bytes, sigil included. */
const identifierBytesMax = 255;

const hasControl = (text: string): boolean => {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit <= 0x20 || unit === 0x7f) return true;
  }
  return false;
};

function isIdentifier(text: string, sigil: string): boolean {
  return (
    text.length > 1 &&
    text.startsWith(sigil) &&
    (text.length * 3 <= identifierBytesMax || Buffer.byteLength(text) <= identifierBytesMax) &&
    !hasControl(text) &&
    text.isWellFormed()
  );
}

const serverOf = (text: string): string => text.slice(text.indexOf(':') + 1);
const hasServer = (text: string): boolean => {
  const colon = text.indexOf(':');
  return colon > 0 && /^[0-9A-Za-z.:[\]-]+$/.test(text.slice(colon + 1));
};

export function parseRoomId(text: string): RoomId | undefined {
  return isIdentifier(text, '!') ? (text as RoomId) : undefined;
}

export function parseRoomAlias(text: string): RoomAlias | undefined {
  return isIdentifier(text, '#') && hasServer(text) ? (text as RoomAlias) : undefined;
}

export function parseRoomReference(text: string): RoomReference | undefined {
  return parseRoomId(text) ?? parseRoomAlias(text);
}

export function parseUserId(text: string): UserId | undefined {
  return isIdentifier(text, '@') && hasServer(text) ? (text as UserId) : undefined;
}

export function parseEventId(text: string): EventId | undefined {
  return isIdentifier(text, '$') ? (text as EventId) : undefined;
}

export function parseMxcUri(text: string): MxcUri | undefined {
  return /^mxc:\/\/[^/\s]+\/[0-9A-Za-z_-]+$/.test(text) ? (text as MxcUri) : undefined;
}

export function isRoomAlias(reference: RoomReference): reference is RoomAlias {
  return reference.startsWith('#');
}

/** The server part of a user id or alias, port included. */
export function serverName(id: UserId | RoomAlias): string {
  return serverOf(id);
}

/** The part between sigil and first colon. */
export function localpart(id: UserId | RoomAlias): string {
  return id.slice(1, id.indexOf(':'));
}

/** One attribute of a distinguished name, such as `CN=rasenmaeher`. */
export interface NameAttribute {
  /** Short name or dotted object identifier, as written. */
  readonly type: string;
  /** Undefined: given as `#` and bytes, which no caller here needs. */
  readonly value: string | undefined;
}

/** The proxies of the original write these; whatever else they know they write as a dotted identifier. */
const attributeType = /CN|OU|O|L|STREET|ST|C|DC|UID|[0-2](?:\.(?:0|[1-9]\d{0,9})){1,20}/y;
const hexValue = /#(?:[\dA-Fa-f]{2})+/y;
/** A piece of a value: plain characters, bytes of UTF-8 as `\C3\84`, or one character that is escaped. */
const valuePiece =
  /(?<plain>[^\p{Cc}"+,;<>\\]+)|(?<pairs>(?:\\[\dA-Fa-f]{2})+)|\\(?<escaped>[ "#+,;<=>\\])/uy;
const separator = /[,+]/y;

/** Walks over a name from its beginning; each production of RFC 4514 is one pattern that matches just there. */
class NameReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#text.length;
  }

  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const taken = pattern.exec(this.#text) ?? undefined;
    if (taken !== undefined) this.#at = pattern.lastIndex;
    return taken;
  }

  attribute(): NameAttribute | undefined {
    const type = this.take(attributeType)?.[0];
    if (type === undefined || this.take(/=/y) === undefined) return undefined;
    if (this.take(hexValue) !== undefined) return { type, value: undefined };
    const value = this.#value();
    return value === undefined ? undefined : { type, value };
  }

  /** The value up to what cannot belong to it; undefined: it is no string of RFC 4514. */
  #value(): string | undefined {
    const first = this.#text.charAt(this.#at);
    let value = '';
    let last: RegExpExecArray | undefined;
    for (let piece = this.take(valuePiece); piece !== undefined; piece = this.take(valuePiece)) {
      const text = textOf(piece);
      if (text === undefined) return undefined;
      value += text;
      last = piece;
    }
    const isBare =
      first === ' ' || first === '#' || last?.groups?.['plain']?.endsWith(' ') === true;
    return isBare ? undefined : value;
  }
}

/** What a piece of a value stands for; undefined: bytes that are no UTF-8, or control characters. */
function textOf({ groups }: RegExpExecArray): string | undefined {
  const { plain, pairs, escaped } = groups ?? {};
  if (pairs === undefined) return plain ?? escaped;
  const text = decodeUtf8(Buffer.from(pairs.replaceAll('\\', ''), 'hex'));
  return text === undefined || /\p{Cc}/u.test(text) ? undefined : text;
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/**
 * The attributes of a distinguished name in the string form of RFC 4514, of which RFC 2253 as nginx writes it is a part;
 * in the order of the string. Undefined: it is none. Stricter than the grammar: no control characters, escaped or not,
 * and the types are CN, L, ST, O, OU, C, STREET, DC, UID in capitals, or object identifiers.
 *
 * @param header - as `node:http` gives it: one character for each byte
 */
export function parseDistinguishedName(header: string): NameAttribute[] | undefined {
  const text = decodeUtf8(Buffer.from(header, 'latin1'));
  if (text === undefined) return undefined;
  const reader = new NameReader(text);
  const attributes: NameAttribute[] = [];
  do {
    const attribute = reader.attribute();
    if (attribute === undefined) return undefined;
    attributes.push(attribute);
  } while (reader.take(separator) !== undefined);
  return reader.isAtEnd ? attributes : undefined;
}

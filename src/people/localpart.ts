/**
 * How a name becomes a localpart. `strict`: lower-cased, and then it must be one as it is. `synapse`: as Synapse maps
 * the name an identity provider gives it (appendices, "Mapping from other character sets"). `keycloak`: the same after
 * Keycloak has lower-cased it.
 */
export type NameRule = 'strict' | 'synapse' | 'keycloak';

export type LocalpartOutcome =
  | { readonly ok: true; readonly localpart: string }
  /** Goes on from the name, as in "is empty". */
  | { readonly ok: false; readonly why: string };

/** A user id's length in bytes, with its sigil and its server (appendices §4.2). */
const userIdBytesMax = 255;

/** Every byte that may stand in a localpart, but `=`, which escapes the others. */
const plainBytes: ReadonlySet<number> = new Set(
  Buffer.from('abcdefghijklmnopqrstuvwxyz0123456789._-/+'),
);

/** The localpart of the account that a name stands for on a homeserver, or why it cannot have one. */
export function localpartOf(name: string, rule: NameRule, serverName: string): LocalpartOutcome {
  if (name === '') return refused('is empty');
  if (!name.isWellFormed()) return refused('is no well-formed text');
  const localpart = mapped(name, rule);
  if (localpart === undefined) {
    return refused('holds other characters than letters of a to z, digits and . _ - = / +');
  }
  if (localpart.startsWith('_')) return refused('begins with _, which no user id may');
  if (/^[0-9]+$/.test(localpart)) return refused('is a number, and those are kept for guests');
  if (Buffer.byteLength(`@${localpart}:${serverName}`) > userIdBytesMax) {
    return refused(`is too long: a user id has at most ${userIdBytesMax} bytes`);
  }
  return { ok: true, localpart };
}

function mapped(name: string, rule: NameRule): string | undefined {
  switch (rule) {
    case 'strict': {
      const lower = name.toLowerCase();
      // No `$`-before-a-newline here: in JavaScript, without the flag m, it is the end and nothing else.
      return /^[a-z0-9._\-=/+]+$/.test(lower) ? lower : undefined;
    }
    case 'synapse':
      return escaped(name);
    case 'keycloak':
      return escaped(name.toLowerCase());
  }
}

function escaped(name: string): string {
  let localpart = '';
  for (const byte of Buffer.from(name)) {
    const lower = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte;
    localpart += plainBytes.has(lower)
      ? String.fromCharCode(lower)
      : `=${lower.toString(16).padStart(2, '0')}`;
  }
  return localpart.startsWith('_') ? `=5f${localpart.slice(1)}` : localpart;
}

const refused = (why: string): LocalpartOutcome => ({ ok: false, why });

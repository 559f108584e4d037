/** Payloads carry their owner's credentials (Uptime Kuma's monitors do); a room is no place for them. */
const secretName = new RegExp(
  [
    // At the end, as `password_expires` and `auth_method` are no secrets, nor are the words that end in `pass`.
    String.raw`(?<!by|com|tres)pass(?:word|wd|phrase|code)?s?[_-]?\d*$`,
    String.raw`pwd[_-]?\d*$`,
    'auth$',
    'bearer$',
    // Anywhere, but not in `secretary` nor `tokenizer`.
    'secret(?!ar)',
    'token(?!i[sz])',
    'credential|authorization|cookie',
    String.raw`(?:api|access|account|encryption|master|private|shared|signing|ssh|tls)[\s_-]?key`,
    String.raw`connection[\s_-]?string`,
  ].join('|'),
  'i',
);
/** Numbers of these names are secrets; those of others count something, as `tokens` and `pass` do. */
const secretNumberName = /(?:pass(?:word|wd|phrase|code)|pwd|secret|token)$/i;

/** The password of a URL, up to the last `@` before its path; digits before a query are a port. */
const urlPassword = /(:\/\/[^\s/:@"'<>]*):(?!\d{1,5}[?#])[^\s/"'<>]+@/g;
/** A token in the place of a web address's user; names of users are shorter. */
const urlToken = /(https?:\/\/)[^\s/:@?#"'<>]{20,}@/gi;
/** What follows the scheme of an Authorization header; a plain word after `Basic` is none. */
const headerCredential =
  /\b([Bb]asic|[Bb]earer)\s+(?=[\w.~+/-]*(?:\d|[a-z][A-Z]|=))[\w.~+/-]{12,}=*/g;

/** What nearly no text has, and without it there is nothing to look for. */
const mayHoldCredential = /:\/\/|[Bb]asic|[Bb]earer/;

const hidden = '(hidden)';

function isSecret(name: string, value: unknown): boolean {
  if (typeof value === 'number') return secretNumberName.test(name);
  const mayBeSecret = typeof value === 'string' || (typeof value === 'object' && value !== null);
  return mayBeSecret && secretName.test(name);
}

/** The text without passwords in its URLs and credentials in its headers. */
function withoutCredentials(text: string): string {
  if (!mayHoldCredential.test(text)) return text;
  return text
    .replace(urlPassword, `$1:${hidden}@`)
    .replace(urlToken, `$1${hidden}@`)
    .replace(headerCredential, `$1 ${hidden}`);
}

/** A row such as `{"name": "password", "value": "…"}` names its value in another member. */
function withoutSecretValue(row: object): object {
  const { name, key, title, value } = row as Readonly<Record<string, unknown>>;
  const named = [name, key, title].find((candidate) => typeof candidate === 'string');
  return named !== undefined && isSecret(named, value) ? { ...row, value: hidden } : row;
}

/**
 * The value as it may be shown under this name: a credential is replaced by `(hidden)`, one inside a text cut out. Also
 * what `JSON.stringify` takes to hide them at any depth.
 */
export function hideSecret(name: string, value: unknown): unknown {
  if (isSecret(name, value)) return hidden;
  if (typeof value === 'string') return withoutCredentials(value);
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? withoutSecretValue(value)
    : value;
}

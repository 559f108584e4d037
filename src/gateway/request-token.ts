import type { IncomingHttpHeaders } from 'node:http';

/** A query as the router parsed it: repeated fields are lists. */
export type ParsedQuery = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The query fields that carry a token; they are never shown to a format, nor to a log. */
export const tokenFields: readonly string[] = ['access_token', 'token'];

function queryToken(query: ParsedQuery): string | undefined {
  for (const field of tokenFields) {
    const value = query[field];
    const token = typeof value === 'string' ? value : value?.[0];
    // No token has a space: it is a `+` that the sender did not encode, as RouterOS does not.
    if (token !== undefined && token !== '') return token.replaceAll(' ', '+');
  }
  return undefined;
}

/** The password; senders with one field for a secret put it into the user name. */
function basicToken(credentials: string): string | undefined {
  const text = Buffer.from(credentials, 'base64').toString();
  const [user = '', ...password] = text.split(':');
  const token = password.join(':');
  if (token !== '') return token;
  return user === '' ? undefined : user;
}

/** The token a request shows: `Authorization: Bearer` or `Basic`, `?access_token=` or `?token=`; undefined: none. */
export function requestToken(headers: IncomingHttpHeaders, query: ParsedQuery): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined) return queryToken(query);
  const space = authorization.indexOf(' ');
  const scheme = authorization.slice(0, space).toLowerCase();
  const credentials = authorization.slice(space + 1).trim();
  if (space === -1 || credentials === '') return queryToken(query);
  if (scheme === 'bearer') return credentials;
  return scheme === 'basic' ? basicToken(credentials) : queryToken(query);
}

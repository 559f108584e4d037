import { parseBaseUrl } from '../matrix/base-url.ts';
import { parseUserId, type UserId } from '../matrix/ids.ts';
import type { TokenPair } from '../matrix/login.ts';

/** What an account needs to speak again after a restart. Secret: never printed. */
export interface Credentials {
  readonly userId: UserId;
  /** The homeserver's base URL. */
  readonly homeserver: string;
  readonly deviceId: string;
  readonly accessToken: string;
  readonly refreshToken: string | undefined;
  /** Wall-clock milliseconds; undefined: the access token does not expire. */
  readonly expiresAt: number | undefined;
  /** Digest of the configured access token that these come from or have replaced. */
  readonly tokenDigest: string | undefined;
}

/** By what a configured token is recognised without being kept twice. */
export async function tokenDigest(accessToken: string): Promise<string> {
  // A one-shot send that does without it starts a sixth faster.
  const { createHash } = await import('node:crypto');
  return createHash('sha256').update(accessToken).digest('hex');
}

/** The same device with a new pair of tokens; `now` is wall-clock milliseconds. */
export function withTokens(credentials: Credentials, pair: TokenPair, now: number): Credentials {
  return {
    ...credentials,
    accessToken: pair.accessToken,
    refreshToken: pair.refreshToken,
    expiresAt: pair.expiresInMs === undefined ? undefined : now + pair.expiresInMs,
  };
}

/** The JSON text of a credentials file. */
export function formatCredentials(credentials: Credentials): string {
  return `${JSON.stringify(credentials, undefined, 2)}\n`;
}

/** Reads a credentials file; undefined when it is none. */
export function parseCredentials(text: string): Credentials | undefined {
  const fields = fieldsOf(text);
  const userId = parseUserId(textOf(fields['userId']) ?? '');
  const homeserver = parseBaseUrl(textOf(fields['homeserver']) ?? '');
  const deviceId = textOf(fields['deviceId']);
  const accessToken = textOf(fields['accessToken']);
  if (!userId || !homeserver || deviceId === undefined || accessToken === undefined) {
    return undefined;
  }
  const expiresAt = fields['expiresAt'];
  return {
    userId,
    homeserver,
    deviceId,
    accessToken,
    refreshToken: textOf(fields['refreshToken']),
    expiresAt: typeof expiresAt === 'number' ? expiresAt : undefined,
    tokenDigest: textOf(fields['tokenDigest']),
  };
}

function fieldsOf(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

const textOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

/** Whether stored credentials belong to an account as it is configured now. */
export function isOf(
  credentials: Credentials,
  account: { readonly userId: UserId | undefined; readonly homeserver?: string | undefined },
): boolean {
  if (account.userId !== undefined) return credentials.userId === account.userId;
  return credentials.homeserver === parseBaseUrl(account.homeserver ?? '');
}

/** Whether stored credentials were made from this configured token. */
export async function isFrom(credentials: Credentials, accessToken: string): Promise<boolean> {
  if (credentials.tokenDigest === undefined) return false;
  // As long as it was neither refreshed nor replaced, the token itself tells.
  if (credentials.accessToken === accessToken) return true;
  return (await tokenDigest(accessToken)) === credentials.tokenDigest;
}

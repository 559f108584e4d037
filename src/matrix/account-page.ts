import { call } from './call.ts';
import { MatrixError } from './errors.ts';
import type { Homeserver } from './homeserver.ts';
import { textOf } from './json.ts';

/** What people open in a browser is far shorter; what is longer is no address of a page. */
const urlCharactersMax = 2000;

/**
 * The page on which users of an OAuth server manage their account, opened at `action` (GET /v1/auth_metadata and
 * "OAuth 2.0 API: Account management"); undefined where the homeserver names none.
 */
export async function accountPage(
  homeserver: Homeserver,
  action: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const path = '/_matrix/client/v1/auth_metadata';
  try {
    const answer = await call(homeserver, { method: 'GET', path, signal });
    const page = parseWebPage(answer.object['account_management_uri']);
    if (page === undefined) return undefined;
    const url = new URL(page);
    url.searchParams.set('action', action);
    return url.href;
  } catch (error) {
    // Homeservers without OAuth refuse the path in many ways, and the page is only a courtesy.
    if (error instanceof MatrixError) return undefined;
    throw error;
  }
}

/** An http(s) address that may be shown to a person. */
export function parseWebPage(value: unknown): string | undefined {
  const text = textOf(value);
  if (text === undefined || text.length > urlCharactersMax || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  return url.protocol === 'https:' || url.protocol === 'http:' ? url.href : undefined;
}

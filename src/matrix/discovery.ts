import { parseBaseUrl } from './base-url.ts';
import { DiscoveryError, MatrixError, TransportError } from './errors.ts';
import type { Homeserver, MatrixResponse } from './homeserver.ts';
import { parseUserId, serverName } from './ids.ts';
import { isJsonObject } from './json.ts';
import type { TransportOptions } from './transport.ts';
import { versions } from './versions.ts';

/** Opens a way to the homeserver at a base URL; whoever opens it closes it. */
export type HomeserverOpener = (baseUrl: string, options?: TransportOptions) => Homeserver;

/** A homeserver that answered. */
export interface DiscoveredHomeserver {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly versions: readonly string[];
}

/** The specification asks clients to follow redirects (1.20); browsers follow more, but nobody needs more here. */
const redirectsMax = 5;
/** A well-known file has a few hundred bytes. */
const wellKnownBytesMax = 64 * 1024;
/** For each of the at most seven requests; a homeserver that takes longer here is not well. */
const stepDeadlineMs = 10_000;

const wellKnownPath = '/.well-known/matrix/client';

/**
 * Finds the homeserver of a server name or user id (Client-Server API "Well-known URIs"): the well-known file of its
 * host, or, where there is none, the host itself; then asks the homeserver for its versions.
 * @throws DiscoveryError when what was found cannot be used, or not now.
 */
export async function discoverHomeserver(
  serverNameOrUserId: string,
  open: HomeserverOpener,
  signal: AbortSignal,
): Promise<DiscoveredHomeserver> {
  const userId = parseUserId(serverNameOrUserId);
  const name = userId === undefined ? serverNameOrUserId : serverName(userId);
  // The port is the one of federation, which says nothing about where clients are served.
  const host = name.replace(/:\d+$/, '');
  const start = parseBaseUrl(`https://${host}`);
  const fallback = parseBaseUrl(`https://${name}`);
  if (start === undefined || fallback === undefined || /[/?#@]/.test(name)) {
    throw new DiscoveryError(`${name}: not a server name`, { action: 'FAIL_ERROR' });
  }
  const wellKnown = await fetchWellKnown(start, open, signal);
  return await probe(wellKnown === undefined ? fallback : baseUrlIn(wellKnown, host), open, signal);
}

/** The final answer to the well-known request; undefined when there is no such file. */
async function fetchWellKnown(
  start: string,
  open: HomeserverOpener,
  signal: AbortSignal,
): Promise<MatrixResponse | undefined> {
  let url = new URL(wellKnownPath, start);
  const seen = new Set<string>();
  for (let hops = 0; hops <= redirectsMax; hops++) {
    seen.add(url.href);
    const response = await fetchOnce(url, open, signal);
    if (response.status === 404) return undefined;
    if (!isRedirect(response.status)) return response;
    const next = redirectTarget(url, response.headers['location']);
    if (next === undefined || seen.has(next.href)) {
      throw new DiscoveryError(`${url.href}: redirects to nowhere`, { action: 'FAIL_PROMPT' });
    }
    url = next;
  }
  throw new DiscoveryError(`${url.href}: too many redirects`, { action: 'FAIL_PROMPT' });
}

const isRedirect = (status: number): boolean => [301, 302, 303, 307, 308].includes(status);

/** Never away from https: who can change a plain answer could choose the homeserver that gets the password. */
function redirectTarget(from: URL, location: string | undefined): URL | undefined {
  if (location === undefined || !URL.canParse(location, from.href)) return undefined;
  const url = new URL(location, from);
  url.hash = '';
  return url.protocol === 'https:' && url.username === '' && url.password === '' ? url : undefined;
}

async function fetchOnce(
  url: URL,
  open: HomeserverOpener,
  signal: AbortSignal,
): Promise<MatrixResponse> {
  const origin = open(url.origin, { connections: 1, responseBytesMax: wellKnownBytesMax });
  try {
    return await origin.request({
      method: 'GET',
      path: url.pathname + url.search,
      deadlineMs: stepDeadlineMs,
      signal,
    });
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    throw new DiscoveryError(`${url.href}: ${error.message}`, {
      action: 'FAIL_PROMPT',
      temporary: true,
      cause: error,
    });
  } finally {
    await origin.close();
  }
}

function baseUrlIn(response: MatrixResponse, host: string): string {
  const where = `https://${host}${wellKnownPath}`;
  if (response.status !== 200) {
    const temporary = response.status >= 500 || response.status === 429;
    throw new DiscoveryError(`${where}: status ${response.status}`, {
      action: 'FAIL_PROMPT',
      temporary,
    });
  }
  const named = namedBaseUrl(response.body);
  if (named === undefined) {
    throw new DiscoveryError(`${where}: no m.homeserver base_url`, { action: 'FAIL_PROMPT' });
  }
  const baseUrl = parseBaseUrl(named);
  if (baseUrl === undefined) {
    throw new DiscoveryError(`${where}: base_url is not a base URL`, { action: 'FAIL_ERROR' });
  }
  return baseUrl;
}

function namedBaseUrl(body: string): string | undefined {
  try {
    const file: unknown = JSON.parse(body);
    const homeserver = isJsonObject(file) ? file['m.homeserver'] : undefined;
    const named = isJsonObject(homeserver) ? homeserver['base_url'] : undefined;
    return typeof named === 'string' && named !== '' ? named : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Asks what is at a base URL whether it is a homeserver.
 * @throws DiscoveryError FAIL_ERROR when it is none, or does not answer now.
 */
async function probe(
  baseUrl: string,
  open: HomeserverOpener,
  signal: AbortSignal,
): Promise<DiscoveredHomeserver> {
  const homeserver = open(baseUrl, { connections: 1 });
  const limit = AbortSignal.any([signal, AbortSignal.timeout(stepDeadlineMs)]);
  try {
    return { baseUrl: homeserver.baseUrl, versions: await versions(homeserver, limit) };
  } catch (error) {
    if (!(error instanceof MatrixError || error instanceof TransportError)) throw error;
    const temporary =
      error instanceof TransportError || error.status >= 500 || error.status === 429;
    throw new DiscoveryError(`${baseUrl}: ${error.message}`, {
      action: 'FAIL_ERROR',
      temporary,
      cause: error,
    });
  } finally {
    await homeserver.close();
  }
}

/** The API's own path (Client-Server API §2) follows a base URL, and is no part of it. */
const apiPath = /\/_matrix(?:\/|$)/;

/**
 * A base URL in its one form, without a trailing slash; undefined unless it is http(s) with nothing but host and path, and
 * the path not that of the API.
 */
export function parseBaseUrl(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return undefined;
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    return undefined;
  }
  if (apiPath.test(url.pathname)) return undefined;
  return (url.origin + url.pathname).replace(/\/+$/, '');
}

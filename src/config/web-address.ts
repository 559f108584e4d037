/** What browsers and proxies carry; a longer one is no base address. */
const lengthMax = 2048;

/** An http or https address without credentials, query, fragment and trailing slash; undefined: it is none. */
export function parseWebAddress(text: string): string | undefined {
  const url = text.length > lengthMax ? null : URL.parse(text);
  if (url === null || !['http:', 'https:'].includes(url.protocol)) return undefined;
  if (`${url.username}${url.password}${url.search}${url.hash}` !== '') return undefined;
  return `${url.origin}${url.pathname}`.replace(/\/+$/, '');
}

/** The API's own path follows a homeserver's base address, and is no part of it. */
const apiPath = /\/_matrix(?:\/|$)/;

/** As `parseWebAddress`, of a homeserver; undefined as well where the Client-Server API's path stands at its end. */
export function parseHomeserverAddress(text: string): string | undefined {
  const address = parseWebAddress(text);
  return address === undefined || apiPath.test(address) ? undefined : address;
}

import { expect, it } from 'vitest';
import { discoverHomeserver, type HomeserverOpener } from './discovery.ts';
import { DiscoveryError, TransportError } from './errors.ts';
import { type ScriptedAnswer, scriptedHomeserver } from './scripted-homeserver.contract.ts';

type Web = Readonly<Record<string, ScriptedAnswer>>;

const wellKnown = 'https://example.org/.well-known/matrix/client';
const goodVersions = { json: { versions: ['v1.1', 'v1.15'] } };
const notFound = { status: 404, text: 'no' };
const signal = new AbortController().signal;

/** An opener onto a few URLs; everything else is unreachable. */
function webOf(web: Web): { open: HomeserverOpener; asked: string[]; openCount: () => number } {
  const asked: string[] = [];
  const opened: { closed: () => boolean }[] = [];
  const open: HomeserverOpener = (baseUrl) => {
    const homeserver = scriptedHomeserver((request) => {
      const url = baseUrl + request.path;
      asked.push(url);
      return web[url] ?? { failure: new TransportError('unreachable', 'GET', 'ENOTFOUND') };
    }, baseUrl);
    opened.push(homeserver);
    return homeserver;
  };
  return { open, asked, openCount: () => opened.filter(({ closed }) => !closed()).length };
}

async function failureOf(web: Web, name = 'example.org'): Promise<DiscoveryError> {
  const { open, openCount } = webOf(web);
  const thrown: unknown = await discoverHomeserver(name, open, signal).catch(
    (error: unknown) => error,
  );
  if (!(thrown instanceof DiscoveryError)) throw new Error('no DiscoveryError', { cause: thrown });
  expect(openCount()).toBe(0);
  return thrown;
}

const names = (baseUrl: string): ScriptedAnswer => ({
  json: { 'm.homeserver': { base_url: baseUrl } },
});
const redirects = (location: string): ScriptedAnswer => ({
  status: 302,
  text: '',
  headers: { location },
});

it('the well-known file names the homeserver, with or without a trailing slash', async () => {
  for (const baseUrl of ['https://matrix.example.org', 'https://matrix.example.org/']) {
    const { open, openCount } = webOf({
      [wellKnown]: names(baseUrl),
      'https://matrix.example.org/_matrix/client/versions': goodVersions,
    });
    expect(await discoverHomeserver('@bot:example.org', open, signal)).toEqual({
      baseUrl: 'https://matrix.example.org',
      versions: ['v1.1', 'v1.15'],
    });
    expect(openCount()).toBe(0);
  }
});

it('a base URL may have a path', async () => {
  const { open } = webOf({
    [wellKnown]: names('https://example.org/hs/'),
    'https://example.org/hs/_matrix/client/versions': goodVersions,
  });
  expect((await discoverHomeserver('example.org', open, signal)).baseUrl).toBe(
    'https://example.org/hs',
  );
});

it('the port is dropped for the well-known file, and kept for the fallback', async () => {
  const { open, asked } = webOf({
    [wellKnown]: notFound,
    'https://example.org:8448/_matrix/client/versions': goodVersions,
  });
  const { baseUrl } = await discoverHomeserver('@bot:example.org:8448', open, signal);
  expect(baseUrl).toBe('https://example.org:8448');
  expect(asked).toEqual([wellKnown, 'https://example.org:8448/_matrix/client/versions']);
});

it('an IPv6 address is no port', async () => {
  const { open } = webOf({
    'https://[::1]/.well-known/matrix/client': notFound,
    'https://[::1]:8448/_matrix/client/versions': goodVersions,
  });
  expect((await discoverHomeserver('[::1]:8448', open, signal)).baseUrl).toBe('https://[::1]:8448');
});

it('redirects of the well-known file are followed, also to another host', async () => {
  const { open } = webOf({
    [wellKnown]: redirects('/other'),
    'https://example.org/other': redirects('https://www.example.org/m?x=1'),
    'https://www.example.org/m?x=1': names('https://matrix.example.org'),
    'https://matrix.example.org/_matrix/client/versions': goodVersions,
  });
  expect((await discoverHomeserver('example.org', open, signal)).baseUrl).toBe(
    'https://matrix.example.org',
  );
});

it.each<[string, Web]>([
  ['in a circle', { [wellKnown]: redirects(wellKnown) }],
  ['away from https', { [wellKnown]: redirects('http://example.org/plain') }],
  ['to nowhere', { [wellKnown]: { status: 301, text: '' } }],
  ['to no URL', { [wellKnown]: redirects('https://:::') }],
  [
    'without end',
    {
      [wellKnown]: redirects('/1'),
      ...Object.fromEntries(
        Array.from({ length: 9 }, (_, i) => [`https://example.org/${i}`, redirects(`/${i + 1}`)]),
      ),
    },
  ],
])('redirects %s end in FAIL_PROMPT', async (_name, web) => {
  expect(await failureOf(web)).toMatchObject({ action: 'FAIL_PROMPT', temporary: false });
});

it.each<[string, ScriptedAnswer, boolean]>([
  ['forbidden', { status: 403, text: '' }, false],
  ['a server error', { status: 500, text: '' }, true],
  ['empty', { status: 200, text: '' }, false],
  ['no JSON', { status: 200, text: '<html>' }, false],
  ['without m.homeserver', { json: {} }, false],
  ['without base_url', { json: { 'm.homeserver': {} } }, false],
  ['with a base_url that is no text', { json: { 'm.homeserver': { base_url: 7 } } }, false],
])('a well-known file that is %s ends in FAIL_PROMPT', async (_name, answer, temporary) => {
  expect(await failureOf({ [wellKnown]: answer })).toMatchObject({
    action: 'FAIL_PROMPT',
    temporary,
  });
});

it('a host that cannot be reached may be there later', async () => {
  expect(await failureOf({})).toMatchObject({ action: 'FAIL_PROMPT', temporary: true });
});

it.each(['matrix.example.org', 'ftp://example.org', 'https://u:p@example.org', 'https://'])(
  'a base_url of %j ends in FAIL_ERROR',
  async (baseUrl) => {
    expect(await failureOf({ [wellKnown]: names(baseUrl) })).toMatchObject({
      action: 'FAIL_ERROR',
      temporary: false,
    });
  },
);

it.each<[string, ScriptedAnswer, boolean]>([
  ['no homeserver', notFound, false],
  ['a page', { status: 200, text: '<html>' }, false],
  ['no versions', { json: {} }, false],
  ['a server error', { status: 502, text: '' }, true],
])('a base URL with %s behind it ends in FAIL_ERROR', async (_name, answer, temporary) => {
  const web = {
    [wellKnown]: names('https://matrix.example.org'),
    'https://matrix.example.org/_matrix/client/versions': answer,
  };
  expect(await failureOf(web)).toMatchObject({ action: 'FAIL_ERROR', temporary });
});

it.each(['', 'a b', 'example.org/path', 'user@example.org', 'example.org?x'])(
  'what is no server name is not asked: %j',
  async (name) => {
    expect(await failureOf({}, name)).toMatchObject({ action: 'FAIL_ERROR', temporary: false });
  },
);

import { readFileSync } from 'node:fs';
import type { IncomingHttpHeaders, RequestOptions } from 'node:http';
import { expect, it } from 'vitest';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { Answer } from '../test-gateway.contract.ts';
import { callerName, openTestRmapi, otherName, user } from './test-rmapi.contract.ts';

/** What python-matrix-rmapi 1.0.3 answered, request by request. */
interface Probe {
  readonly name: string;
  readonly status: number;
  readonly type: string | null;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

const recorded = JSON.parse(
  readFileSync(new URL('../../../test/conformance/rmapi/probes.json', import.meta.url), 'utf8'),
) as Probe[];

type Request = RequestOptions & { readonly path: string; readonly body?: unknown };

const created = '/api/v1/users/created';
const textual = JSON.stringify(user).replaceAll(',', ', ').replaceAll(':"', ': "');
const page = 'https://mtls.localmaeher.dev.pvarki.fi:4439';

/** A call with this certificate name; undefined: without any. */
function post(path: string, name?: string, body: unknown = user, more = {}): Request {
  const headers = { ...(name !== undefined && { 'x-clientcert-dn': name }), ...more };
  return { method: 'POST', path, body, headers };
}

const named = (callsign: string, path: string): Request =>
  post(path, callerName, { ...user, callsign });

const preflight = (origin: string): Request => ({
  method: 'OPTIONS',
  path: created,
  headers: { origin, 'access-control-request-method': 'POST' },
});

const get = (path: string): Request => ({ path });

const requests: Readonly<Record<string, Request>> = {
  health: get('/api/v1/healthcheck'),
  'health slash': get('/api/v1/healthcheck/'),
  'created noauth': post(created),
  'created wrong CN': post(created, otherName),
  'created bad DN': post(created, 'rubbish'),
  'created emailAddress DN': post(created, 'CN=rasenmaeher,emailAddress=a@b.fi'),
  'created empty DN': post(created, ''),
  'created no CN': post(created, 'O=x'),
  'created dup CN first': post(created, 'CN=rasenmaeher,CN=evil'),
  'created dup CN last': post(created, 'CN=evil,CN=rasenmaeher'),
  'created multi rdn': post(created, 'O=x+CN=rasenmaeher'),
  'created spaced': post(created, 'CN=rasenmaeher, O=x'),
  'created legacy slash DN': post(created, '/CN=rasenmaeher/O=x'),
  'created rm ok': post(created, callerName),
  'created rm proxied': post(created, callerName, user, { 'x-rasenmaeher-proxy': 'productproxy' }),
  'created double slash path': post('/api/v1//users/created', callerName),
  'created extra field': post(created, callerName, { ...user, x: 1 }),
  'created missing': post(created, callerName, { uuid: 'a' }),
  'created missing + wrong CN': post(created, otherName, { uuid: 'a' }),
  'created missing + noauth': post(created, undefined, { uuid: 'a' }),
  'created malformed noauth': post(created, undefined, '{bad', {
    'content-type': 'application/json',
  }),
  'created malformed rm': post(created, callerName, '{bad', {
    'content-type': 'application/json',
  }),
  'created no ct': post(created, callerName, textual),
  'created text/plain': post(created, callerName, textual, { 'content-type': 'text/plain' }),
  'created uuid int': post(created, callerName, { ...user, uuid: 1 }),
  'created uuid notuuid': post(created, callerName, { ...user, uuid: 'not a uuid' }),
  'created empty cert': post(created, callerName, { ...user, x509cert: '' }),
  'created array': post(created, callerName, []),
  'created nobody': post(created, callerName, ''),
  'created GET': get(created),
  'created space callsign (not ready)': named('has space', created),
  'revoked space callsign (not ready)': named('has space', '/api/v1/users/revoked'),
  'promoted space callsign (not ready)': named('has space', '/api/v1/users/promoted'),
  'promoted newline callsign': named('ABC\n', '/api/v1/users/promoted'),
  'demoted K-sign callsign': named('\u212aelvin', '/api/v1/users/demoted'),
  'promoted I-dot callsign': named('\u0130x', '/api/v1/users/promoted'),
  'promoted empty callsign': named('', '/api/v1/users/promoted'),
  revoked: post('/api/v1/users/revoked', callerName),
  'updated POST': post('/api/v1/users/updated', callerName),
  'updated PUT': { ...post('/api/v1/users/updated', callerName), method: 'PUT' },
  'updated PUT bad callsign': { ...named('has space', '/api/v1/users/updated'), method: 'PUT' },
  frag: post('/api/v1/clients/fragment', otherName),
  'frag admin': { path: '/api/v1/admins/fragment', headers: { 'x-clientcert-dn': otherName } },
  'frag admin noauth': get('/api/v1/admins/fragment'),
  'desc v1 fi': get('/api/v1/description/fi'),
  'desc v2 fi': get('/api/v2/description/fi'),
  'desc v1 en': get('/api/v1/description/en'),
  'desc v2 en': get('/api/v2/description/en'),
  'desc v1 sv': get('/api/v1/description/sv'),
  'desc v2 sv': get('/api/v2/description/sv'),
  'desc v1 xx': get('/api/v1/description/xx'),
  'desc v2 xx': get('/api/v2/description/xx'),
  'desc v1 EN': get('/api/v1/description/EN'),
  'desc v2 EN': get('/api/v2/description/EN'),
  instr: post('/api/v1/instructions/fi', otherName),
  'instr GET': get('/api/v1/instructions/fi'),
  'info.md fi': post('/api/v2/clients/fi/info.md', callerName),
  'info.md en': post('/api/v2/clients/en/info.md', callerName),
  'info.md other': post('/api/v2/clients/en/info.md', otherName),
  'v2 clients data': post('/api/v2/clients/data', callerName),
  'v2 admin desc': get('/api/v2/admin/description/en'),
  '404': get('/api/v1/nothing'),
  'CORS ok': preflight(page),
  'CORS ok trailing': preflight(`${page}/`),
  'CORS bad': preflight('https://evil.example.org'),
  'simple CORS': { path: '/api/v1/healthcheck', headers: { origin: `${page}/` } },
};

interface Difference {
  readonly why: string;
  readonly ours: Partial<Probe>;
}

const refusedName = (error: string): string =>
  JSON.stringify({ success: false, extra: null, error });
const forbidden = { status: 403, body: '{"detail":"Forbidden"}' };
const unreadable = { status: 403, body: '{"detail":"Invalid authentication"}' };
const noSuchName = {
  body: refusedName(
    "The input could not be understood. The person's name holds other characters than letters of a to z, digits and . _ - = / +.",
  ),
};
const impossible = 'a name that nobody can have is refused whenever it comes, and told why';

/** Everything that is answered otherwise than it was recorded. */
const differences: Readonly<Record<string, Difference>> = {
  health: {
    why: 'the original checks nothing and says so; here `extra` tells how it is',
    ours: { body: '{"healthy":true,"extra":"ready"}' },
  },
  'created dup CN first': {
    why: 'a name with two common names has two meanings',
    ours: unreadable,
  },
  'created dup CN last': { why: 'the same', ours: unreadable },
  'created rm proxied': {
    why: 'any user can send calls through the product proxy, with the certificate of the caller',
    ours: forbidden,
  },
  'created space callsign (not ready)': { why: impossible, ours: noSuchName },
  'revoked space callsign (not ready)': { why: impossible, ours: noSuchName },
  'promoted space callsign (not ready)': { why: impossible, ours: noSuchName },
  'promoted newline callsign': { why: impossible, ours: noSuchName },
  'promoted I-dot callsign': { why: impossible, ours: noSuchName },
  'promoted empty callsign': {
    why: impossible,
    ours: {
      body: refusedName("The input could not be understood. The person's name is empty."),
    },
  },
  instr: {
    why: "the original's text is a note of its author's to himself",
    ours: {
      body: '{"callsign":"ROTTA01a","instructions":"Sign in with a Matrix client; the homeserver is https://synapse.localmaeher.dev.pvarki.fi:4439","language":"en"}',
    },
  },
  'v2 clients data': {
    why: 'the caller asks for it, and the original lacks it',
    ours: {
      status: 200,
      body: '{"data":{"deployment":"manifest_notfound","homeserver_url":"https://synapse.localmaeher.dev.pvarki.fi:4439"}}',
    },
  },
  'v2 admin desc': {
    why: 'the caller asks for it, and the original lacks it',
    ours: {
      status: 200,
      body: '{"shortname":"matrix","title":"Matrix","icon":"ui/matrix/matrixlogo.svg","description":"Administration of the Matrix messaging service","language":"en","docs":null,"component":{"type":"component","ref":"/ui/matrix/remoteEntry.js"}}',
    },
  },
  'CORS ok': {
    why: 'the original demands a slash behind the origin, which no browser sends',
    ours: { status: 200, body: 'OK', headers: { 'access-control-allow-origin': page } },
  },
  'CORS ok trailing': {
    why: 'the same: no browser sends this',
    ours: { status: 400, body: 'Disallowed CORS origin', headers: {} },
  },
  'simple CORS': {
    why: 'the same, and `extra` as above',
    ours: { body: '{"healthy":true,"extra":"ready"}', headers: {} },
  },
};

const comparedHeaders = [
  'vary',
  'allow',
  'location',
  'access-control-allow-origin',
  'access-control-allow-credentials',
  'access-control-allow-methods',
  'access-control-max-age',
];

function headersOf(headers: IncomingHttpHeaders): Record<string, string> {
  const found = comparedHeaders.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(
    found.filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

function asProbe(name: string, { status = 0, headers, body }: Answer): Probe {
  const type = headers['content-type'] ?? null;
  return { name, status, type, headers: headersOf(headers), body };
}

/** The recorded answer with what is meant to differ. */
function expected(probe: Probe): Probe {
  const ours = differences[probe.name]?.ours ?? {};
  const { 'access-control-allow-origin': _, ...others } = probe.headers;
  const headers = ours.headers === undefined ? probe.headers : { ...others, ...ours.headers };
  return { ...probe, ...ours, headers };
}

it('there is a request for each recorded answer, and no difference without one', () => {
  expect(Object.keys(requests).sort()).toEqual(recorded.map(({ name }) => name).sort());
  expect(Object.keys(differences).filter((name) => requests[name] === undefined)).toEqual([]);
});

it.each(recorded)(
  'the recorded probe "$name" is answered alike, or differs as listed',
  async (probe) => {
    // The recording's own time is in its archives.
    await using test = await openTestRmapi(
      {},
      { clock: new ManualClock(Date.UTC(2026, 10, 20, 10, 40, 10)) },
    );
    const { path = '', headers, ...request } = requests[probe.name] ?? {};
    const answer = await test.call(path, {
      ...request,
      headers: { host: 'testserver', ...headers },
    });
    const actual = asProbe(probe.name, answer);
    expect(actual).toEqual(expected(probe));
    if (differences[probe.name] !== undefined) expect(actual).not.toEqual(probe);
    expect(test.incidents).toEqual([]);
  },
);

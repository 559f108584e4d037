import { GatewayContext } from '../src/gateway/gateway-context.ts';
import type { GatewayDeps } from '../src/gateway/gateway-deps.ts';
import { rmapiOpenapi } from '../src/gateway/rmapi/openapi.ts';
import { createSurface } from '../src/gateway/surface.ts';

/** One path of the HTTP interface: its methods, and what it is for. */
type Row = readonly [methods: string, path: string, meaning: string];

const own: readonly Row[] = [
  [
    'POST',
    '/v1/notifications',
    'Accept a notification: JSON, a form, or text with query fields. `Idempotency-Key`: the same key with the same body is one message, with another body 422. `?wait=5s` holds the answer for the delivery, for at most 60 s, and 10 s without a value: 200 with `event_id`; else 202 `{id, state, entries: [{id, room, state, event_id?}]}`.',
  ],
  [
    'GET',
    '/v1/notifications',
    'Entries of the outbox, oldest first; a source sees its own, an operator all. Query: `state` (several with commas between them), `room`, `source` (for operators), `older_than` (a duration such as `7d`), `limit` (from 1; default 100, more than 1000 counts as 1000), `after` (the id of an entry). Answers `{entries, next}`: `next` is the `after` of the next page, null at the end. Any other query field, and a body, are refused.',
  ],
  [
    'GET, DELETE',
    '/v1/notifications/:id',
    'Where a notification stands: state, attempts, last error. DELETE redacts what was delivered.',
  ],
  ['POST', '/v1/notifications/:id/wake', 'Operators: try it now.'],
  [
    'POST',
    '/v1/notifications/:id/redrive',
    'Operators: queue a dead, cancelled or expired entry anew; `?force=true` for an ambiguous one.',
  ],
  ['POST', '/v1/notifications/:id/cancel', 'Operators: withdraw it before it leaves.'],
  ['POST', '/v1/wake', 'Operators: try everything that waits now.'],
  [
    'PUT, GET, DELETE',
    '/v1/people/:id',
    'Operators: what a directory says of a person of the deployment, on disk before the 202. PUT takes `active`, `display_name`, `roles`, `external_id` and `why`; `active: true` also lets a revoked person in again. DELETE revokes. GET: what is wanted, and how far it is.',
  ],
  [
    'GET, POST, PUT',
    '/hooks/:source',
    "A sender's own payload, in the format of the source, or detected; of a GET too. `?room=` names rooms that the source may reach, several with commas between them; so does the `room` of JSON or a form, and what is no room there is shown. 200 `{id}` once it is on disk. Errors are `text/plain` here: a sentence, what is wrong line by line, and what to do.",
  ],
  [
    'GET, POST, PUT',
    '/hooks/:source/:room',
    'The same, to a room that the source may reach; `?room=` may not contradict it.',
  ],
  ['GET', '/healthz', '200 as long as the process answers.'],
  [
    'GET',
    '/readyz',
    '200 while notifications can be accepted, else 503; `?verbose` names the checks.',
  ],
  ['GET', '/metrics', 'Prometheus; the names are in [metrics](metrics.md).'],
];

const facade: readonly Row[] = [
  ['GET', '/.well-known/matrix/client', '`base_url` is the host that the caller used.'],
  ['GET', '/_matrix/client/versions', 'Versions of the specification.'],
  [
    'GET, POST',
    '/login',
    "Password login: the user is the source's name, the password its token; each login gives a fresh access token.",
  ],
  ['POST', '/logout', 'Ends a login.'],
  ['POST', '/logout/all', 'The same.'],
  ['GET', '/account/whoami', 'The source as a Matrix user.'],
  [
    'POST, PUT',
    '/rooms/:room/send/:type',
    'Accept an event without a transaction id, as some senders do.',
  ],
  [
    'POST, PUT',
    '/rooms/:room/send/:type/:txnId',
    'Accept an event. The answer waits up to 2 s for the real event id, then gives a local one that later edits, replies and redactions may name. The same token, room, type, transaction id and content within 24 h are one message.',
  ],
  ['POST, PUT', '/rooms/:room/redact/:event', 'Redact an event.'],
  ['POST, PUT', '/rooms/:room/redact/:event/:txnId', 'Redact an event.'],
  ['POST, PUT', '/rooms/:room/join', 'Says that the source is in the room, if it may send there.'],
  ['POST, PUT', '/join/:room', 'The same, also by alias.'],
  ['GET', '/joined_rooms', 'The rooms the source may reach.'],
  [
    'GET',
    '/directory/room/:alias',
    'The room id of an alias that the source may reach. Without a token it is an id that is the same for any alias, configured or not, and that a source may send to.',
  ],
  ['GET', '/rooms/:room/state', 'Empty.'],
  [
    'GET',
    '/rooms/:room/state/:type',
    '404 `M_NOT_FOUND` for `m.room.encryption`: encrypting is the gateway’s work.',
  ],
  ['GET', '/rooms/:room/state/:type/:key', 'The same.'],
  ['GET', '/rooms/:room/joined_members', 'The source alone.'],
  ['GET', '/sync', 'The rooms of the source, without events.'],
  ['GET', '/profile/:user', 'A display name.'],
  ['GET, PUT', '/profile/:user/:field', 'A display name.'],
];

const facadePrefix = '/_matrix/client/{v3,r0,api/v1}';
const fullPath = (path: string): string =>
  path.startsWith('/_matrix') || path.startsWith('/.well-known') ? path : facadePrefix + path;

/** Every path that the gateway really has, with the façade's versions folded into one. */
export async function servedPaths(): Promise<string[]> {
  const deps = { facadeKey: new Uint8Array(32) } as unknown as GatewayDeps;
  const app = createSurface(new GatewayContext(deps));
  await app.ready();
  const parents: string[] = [];
  const paths = new Set<string>();
  for (const line of app.printRoutes({ commonPrefix: false }).split('\n')) {
    const [, indent = '', name] = /^([│ ]*)[├└]── (\S+) \(/.exec(line) ?? [];
    if (name === undefined) continue;
    const depth = indent.length / 4;
    const path = `${depth === 0 ? '' : (parents[depth - 1] ?? '')}${name}`;
    parents[depth] = path;
    paths.add(path.replace(/^\/_matrix\/client\/(v3|r0|api\/v1)(?=\/)/, facadePrefix));
  }
  await app.close();
  return [...paths].sort();
}

/** The paths that the reference names. */
export function documentedPaths(): string[] {
  const paths = [...own.map(([, path]) => path), ...facade.map(([, path]) => fullPath(path))];
  return [...new Set(paths)].sort();
}

/** The drop-in's operations; the other paths of its listener are described in its guide. */
function rmapiRows(): Row[] {
  return Object.entries(rmapiOpenapi('').paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(
      ([method, { description }]): Row => [method.toUpperCase(), path, description],
    ),
  );
}

/** The sections of the HTTP reference, each row as cells of a table. */
export function httpSections(): readonly {
  readonly title: string;
  readonly rows: readonly Row[];
}[] {
  const rows = facade.map(([methods, path, meaning]): Row => [methods, fullPath(path), meaning]);
  return [
    { title: "Bellhop's own", rows: own },
    { title: 'The Matrix façade', rows },
    { title: 'In place of python-matrix-rmapi, on a listener of its own', rows: rmapiRows() },
  ];
}

/**
 * Cuts the official OpenAPI document of the client-server API down to the operations Bellhop uses, without prose.
 *
 *   node tools/prune-openapi.ts FULL.json[.gz] test/openapi/matrix-client-server.openapi.json
 */
import { readFile, writeFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';

/** What Bellhop asks of a homeserver, or answers in a homeserver's place. */
const operations: ReadonlySet<string> = new Set([
  'getWellknown',
  'getVersions',
  'getCapabilities',
  'getLoginFlows',
  'login',
  'refresh',
  'logout',
  'logout_all',
  'getTokenOwner',
  'getDevices',
  'getDevice',
  'updateDevice',
  'deleteDevice',
  'createRoom',
  'joinRoom',
  'joinRoomById',
  'inviteUser',
  'leaveRoom',
  'forgetRoom',
  'kick',
  'ban',
  'unban',
  'getJoinedRooms',
  'getJoinedMembersByRoom',
  'getMembersByRoom',
  'getSpaceHierarchy',
  'getRoomIdByAlias',
  'setRoomAlias',
  'deleteRoomAlias',
  'getRoomState',
  'getRoomStateWithKey',
  'setRoomStateWithKey',
  'sendMessage',
  'redactEvent',
  'getOneRoomEvent',
  'getRoomEvents',
  'upgradeRoom',
  'sync',
  'defineFilter',
  'getFilter',
  'getAccountData',
  'setAccountData',
  'sendToDevice',
  'uploadKeys',
  'queryKeys',
  'claimKeys',
  'getKeysChanges',
  'uploadCrossSigningKeys',
  'uploadCrossSigningSignatures',
  'getConfigAuthed',
  'uploadContent',
  'getContentAuthed',
  'getContentOverrideNameAuthed',
  'getUserProfile',
  'getProfileField',
  'setProfileField',
  // Deprecated: kept so that a call of it is named as such.
  'getConfig',
  'getContent',
]);

type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/** Prose and examples: nothing a validator reads. */
const isProse = (key: string): boolean =>
  ['description', 'summary', 'example', 'examples', 'title', 'tags', 'externalDocs'].includes(
    key,
  ) || key.startsWith('x-');

function prune(value: Json, keysAreNames: boolean): Json {
  if (Array.isArray(value)) return value.map((item) => prune(item, false));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => keysAreNames || !isProse(key));
  return Object.fromEntries(
    kept.map(([key, member]) => [
      key,
      prune(member, !keysAreNames && (key === 'properties' || key === 'patternProperties')),
    ]),
  );
}

function isObject(value: Json | undefined): value is { [key: string]: Json } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function operationId(operation: Json): string {
  const id = isObject(operation) ? operation['operationId'] : undefined;
  return typeof id === 'string' ? id : '';
}

async function main(source: string, target: string): Promise<void> {
  const bytes = await readFile(source);
  const text = (source.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const full = JSON.parse(text) as { [key: string]: Json };
  const paths: { [key: string]: Json } = {};
  for (const [path, methods] of Object.entries(isObject(full['paths']) ? full['paths'] : {})) {
    if (!isObject(methods)) continue;
    const kept = Object.entries(methods).filter(([, operation]) =>
      operations.has(operationId(operation)),
    );
    if (kept.length === 0) continue;
    // The document parts two operations on one path by a blank at the end.
    paths[path.trimEnd()] = prune(Object.fromEntries(kept), false);
  }
  const document = {
    openapi: full['openapi'],
    info: {
      title: 'Matrix Client-Server API, pruned to what Bellhop uses',
      version: 'v1.19',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      'x-source': 'matrix-org/matrix-spec v1.19, data/api/client-server',
    },
    paths,
  };
  await writeFile(target, `${JSON.stringify(document, undefined, 1)}\n`);
}

const [source, target] = process.argv.slice(2);
if (source === undefined || target === undefined) {
  console.error('usage: node tools/prune-openapi.ts FULL.json[.gz] TARGET.json');
  process.exitCode = 64;
} else {
  await main(source, target);
}

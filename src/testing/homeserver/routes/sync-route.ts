import { isObject } from '../json-content.ts';
import { type JsonObject, ok, Refusal } from '../reply.ts';
import { authenticated, type FakeRequest, type Route } from '../route.ts';
import { syncDeviceLists } from '../sync-device-lists.ts';
import { parseFilter, readSyncFilter, type SyncFilter } from '../sync-filter.ts';
import { syncRooms } from '../sync-rooms.ts';
import { formatSyncToken, parseSyncToken, type SyncToken } from '../sync-token.ts';
import type { Caller } from '../users.ts';
import type { World } from '../world.ts';

/** No client waits longer than this for news. */
const timeoutMsMax = 300_000;

/** Sync, client-server API §6.4: as Synapse, what is empty is left out, and news that the filter hides wake nobody. */
export const syncRoute: Route = authenticated(
  'sync',
  'GET',
  '/_matrix/client/v3/sync',
  async (world, request, caller, gone) => {
    const sinceText = request.query.get('since');
    const since = sinceText === null ? undefined : parseSyncToken(sinceText);
    const filter = readFilter(world, request, caller);
    if (since !== undefined) world.inboxes.deleteUpTo(caller, since.toDevice);
    const timeoutMs = Math.min(Number(request.query.get('timeout') ?? 0), timeoutMsMax);
    if (since === undefined || !(timeoutMs > 0)) return ok(answer(world, caller, since, filter));
    const deadlineMs = world.clock.monotonic() + timeoutMs;
    const signal = gone();
    for (;;) {
      const body = answer(world, caller, since, filter);
      const leftMs = deadlineMs - world.clock.monotonic();
      if (hasNews(body) || leftMs <= 0 || signal.aborted) return ok(body);
      await news(world, caller, leftMs, signal);
    }
  },
);

/** The query has a filter's id or the filter itself. */
function readFilter(world: World, request: FakeRequest, caller: Caller): SyncFilter {
  const text = request.query.get('filter');
  if (text === null) return readSyncFilter({});
  if (text.startsWith('{')) return readSyncFilter(parseFilter(text));
  const stored = world.filters.get(caller.userId, text);
  if (stored === undefined) throw new Refusal(400, 'M_INVALID_PARAM', 'No such filter');
  return readSyncFilter(stored);
}

function answer(
  world: World,
  caller: Caller,
  since: SyncToken | undefined,
  filter: SyncFilter,
): JsonObject {
  const { position } = world.stream;
  const rooms = syncRooms({ world, caller, since: since?.position, filter });
  const toDevice = world.inboxes.after(caller, since?.toDevice ?? 0);
  const lists =
    since === undefined ? undefined : syncDeviceLists(world, caller, since.position, rooms);
  const accountData = world.accountData
    .since(caller.userId, since?.position ?? 0)
    .filter(filter.accountData);
  return {
    next_batch: formatSyncToken({ position, toDevice: toDevice.upTo ?? position }),
    ...(Object.keys(rooms.sections).length === 0 ? {} : { rooms: rooms.sections }),
    ...(toDevice.events.length === 0 ? {} : { to_device: { events: toDevice.events } }),
    ...(lists === undefined || lists.changed.length + lists.left.length === 0
      ? {}
      : { device_lists: lists }),
    ...(accountData.length === 0 ? {} : { account_data: { events: accountData } }),
    device_one_time_keys_count: world.deviceKeys.counts(caller.userId, caller.deviceId),
    device_unused_fallback_key_types: world.deviceKeys.unusedFallbackAlgorithms(
      caller.userId,
      caller.deviceId,
    ),
  };
}

const hasNews = (body: JsonObject): boolean =>
  ['rooms', 'to_device', 'device_lists', 'account_data'].some((name) => isObject(body[name]));

/** Resolves with the next news that may concern the caller, after `timeoutMs`, or when nobody waits any more. */
function news(world: World, caller: Caller, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      cancel();
      unsubscribe();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const cancel = world.clock.after(timeoutMs, done);
    const unsubscribe = world.stream.onNews((concerns) => {
      if (concerns(caller)) done();
    });
    signal.addEventListener('abort', done);
  });
}

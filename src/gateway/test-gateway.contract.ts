import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { InjectOptions, LightMyRequestResponse } from 'fastify';
import { type Clock, systemClock } from '../clock.ts';
import { createIds } from '../outbox/new-id.ts';
import type { LaneId, Settlement } from '../outbox/outbox.ts';
import type { Destination } from '../routing/destination.ts';
import { createRoomDirectory, type KnownRoom } from '../routing/room-directory.ts';
import { openInlineStore } from '../store/sqlite/open-inline-store.ts';
import type { SqliteStore } from '../store/sqlite/sqlite-store.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { tokenDigest } from './authenticator.ts';
import { type Gateway, openGateway } from './gateway.ts';
import type { ReadinessCheck } from './gateway-deps.ts';
import type { GatewayEvents } from './gateway-events.ts';
import { type GatewaySettings, type SourceSettings, trustedProxies } from './settings.ts';

/** The room id of room version 12 that the test gateway knows `ops` by. */
export const opsRoomId = '!Jb3PzG8oSx0c7Uo1BqmCW4Iv9dLQY2kXnRrTtEeFfHh';

const destination = (name: string, room: string): Destination => ({
  name,
  room,
  account: 'main',
  msgtype: 'm.text',
  lateAfterMs: undefined,
  expireAfterMs: undefined,
});

const destinations = [
  destination('ops', '#ops:example.org'),
  destination('deploys', '#deploys:example.org'),
  destination('secret', '!secret:example.org'),
];

export function testSource(name: string, more: Partial<SourceSettings> = {}): SourceSettings {
  return {
    name,
    auth: [tokenDigest(`${name}-token`)],
    format: 'auto',
    rules: { defaultRooms: ['ops'], allowed: ['ops', 'deploys'], origins: {} },
    dedupeWindowMs: 0,
    rate: undefined,
    ...more,
  };
}

export function testSettings(
  sources: readonly SourceSettings[],
  more: Partial<GatewaySettings> & { readonly known?: readonly KnownRoom[] } = {},
): GatewaySettings {
  const known = more.known ?? [
    { account: 'main', room: '#ops:example.org', roomId: opsRoomId, predecessors: [] },
  ];
  return {
    sources: new Map(sources.map((source) => [source.name, source])),
    operators: [{ name: 'admin', tokens: [tokenDigest('admin-token')] }],
    local: testSource('local', { auth: [] }),
    rooms: createRoomDirectory({
      destinations,
      known,
      sha256: (text) => createHash('sha256').update(text).digest(),
      serverNames: ['gateway.example.org'],
    }),
    bodyBytesMax: 1024 * 1024,
    publicUrl: undefined,
    trustedProxies: trustedProxies([]),
    serverName: 'gateway.example.org',
    ...more,
  };
}

export interface TestGateway extends AsyncDisposable {
  readonly gateway: Gateway;
  readonly store: SqliteStore;
  /** The gateway's clock unless another was given; the store has the real one. */
  readonly clock: ManualClock;
  readonly arrivals: Parameters<GatewayEvents['received']>[0][];
  readonly incidents: Parameters<GatewayEvents['incident']>[0][];
  readonly failedHandshakes: Parameters<GatewayEvents['handshakeFailed']>[0][];
  /** Resolves with the next handshake that is reported as failed. */
  nextFailedHandshake(): Promise<void>;
  readonly woken: (string | undefined)[];
  /** How many connections each drain cut. */
  readonly cut: number[];
  /** Replaced by tests that reload. */
  settings: GatewaySettings;
  readiness: { ready: boolean; checks: readonly ReadinessCheck[] };
  /** Resolves with the next arrival that is reported. */
  nextArrival(): Promise<void>;
  inject(options: InjectOptions): Promise<LightMyRequestResponse>;
  /** Ends everything owed as `settle` says; default: delivered as `$event-of-ENTRY`. */
  deliver(settle?: (seq: number) => Settlement): Promise<string[]>;
  /** The contents of all entries, in outbox order. */
  contents(): Promise<{ room: string; type: string; content: Record<string, unknown> }[]>;
}

async function deliverAll(
  store: SqliteStore,
  settle?: (seq: number) => Settlement,
): Promise<string[]> {
  const ids: string[] = [];
  for (const lane of await store.lanesWithWork())
    ids.push(...(await deliverLane(store, lane.id, settle)));
  return ids;
}

async function deliverLane(
  store: SqliteStore,
  lane: LaneId,
  settle?: (seq: number) => Settlement,
): Promise<string[]> {
  const target = { roomId: opsRoomId, deviceId: 'DEVICE' };
  const now = Date.now();
  const entries = await store.claim(lane, 0, target, 1000, now);
  await store.settle(
    entries.map(
      ({ seq, id }) =>
        settle?.(seq) ?? { seq, state: 'delivered', eventId: `$event-of-${id}`, at: now },
    ),
  );
  await store.release(lane, undefined);
  return entries.map(({ id }) => id);
}

/** A gateway over a real store in a directory of its own; nothing is delivered unless the test does it. */
export async function openTestGateway(
  settings: GatewaySettings,
  gatewayClock?: Clock,
): Promise<TestGateway> {
  const dir = await mkdtemp(join(tmpdir(), 'bellhop-gateway-'));
  const store = openInlineStore({
    file: join(dir, 'outbox.db'),
    limits: { queued: 1_000_000, queuedPerSource: 200_000 },
    clock: systemClock,
  });
  const clock = new ManualClock();
  const listeners: (() => void)[] = [];
  const handshakes: (() => void)[] = [];
  const test: Omit<TestGateway, 'gateway'> = {
    store,
    clock,
    arrivals: [],
    incidents: [],
    failedHandshakes: [],
    nextFailedHandshake: () => new Promise((resolve) => handshakes.push(resolve)),
    woken: [],
    cut: [],
    settings,
    readiness: { ready: true, checks: [{ name: 'store', ok: true }] },
    nextArrival: () => new Promise((resolve) => listeners.push(resolve)),
    inject: (options) => gateway.inject(options),
    deliver: (settle) => deliverAll(store, settle),
    contents: async () => {
      const views = await store.entries({ limit: 10_000 });
      return await Promise.all(
        views.map(async ({ id, room, type }) => ({
          room,
          type,
          content: JSON.parse((await store.content(id)) ?? 'null') as Record<string, unknown>,
        })),
      );
    },
    [Symbol.asyncDispose]: async () => {
      await gateway.drain(0);
      await store.close();
      await rm(dir, { recursive: true, force: true });
    },
  };
  const gateway = await openGateway({
    outbox: store,
    current: () => test.settings,
    clock: gatewayClock ?? clock,
    ids: createIds(systemClock, randomBytes),
    events: {
      received: (arrival) => {
        test.arrivals.push(arrival);
        for (const resolve of listeners.splice(0)) resolve();
      },
      operated: () => undefined,
      incident: (incident) => test.incidents.push(incident),
      listening: () => undefined,
      handshakeFailed: (failed) => {
        test.failedHandshakes.push(failed);
        for (const resolve of handshakes.splice(0)) resolve();
      },
      drained: ({ cut }) => test.cut.push(cut),
    },
    randomBytes,
    facadeKey: Buffer.alloc(32, 7),
    readiness: () => Promise.resolve(test.readiness),
    metrics: () => Promise.resolve('bellhop_build_info 1\n'),
    wake: (entryId) => {
      test.woken.push(entryId);
    },
    version: '0.0.0',
  });
  return Object.assign(test, { gateway });
}

/** Sends something and delivers it while the answer waits. */
export async function deliverWhileWaiting(
  test: TestGateway,
  options: InjectOptions,
): Promise<LightMyRequestResponse> {
  const arrived = test.nextArrival();
  const reply = test.inject(options);
  await arrived;
  await test.deliver();
  return await reply;
}

/** Sends something and lets the façade's two seconds pass. */
export async function letWaitPass(
  test: TestGateway,
  options: InjectOptions,
): Promise<LightMyRequestResponse> {
  const arrived = test.nextArrival();
  const reply = test.inject(options);
  await arrived;
  while (test.clock.waiting === 0) await new Promise(setImmediate);
  test.clock.advance(2000);
  return await reply;
}

export interface Answer {
  readonly status: number | undefined;
  readonly body: string;
  readonly headers: IncomingMessage['headers'];
}

/** One request over a real connection. */
export async function httpCall(options: RequestOptions, body?: string | Buffer): Promise<Answer> {
  const request = httpRequest({ agent: false, ...options });
  request.end(body);
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  return { status: response.statusCode, headers: response.headers, body: await text(response) };
}

export const portOf = (address: string | undefined): number => Number(address?.split(':').at(-1));

/** Opens a port of its own. */
export async function listenAnywhere(gateway: Gateway): Promise<{ host: string; port: number }> {
  const [address] = await gateway.listen([{ address: '127.0.0.1:0' }]);
  return { host: '127.0.0.1', port: portOf(address) };
}

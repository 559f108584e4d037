import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../clock.ts';
import { rmapiSettings } from '../../config/rmapi-environment.ts';
import { manifestFallback, type RmapiManifest } from '../../config/rmapi-manifest.ts';
import { TelemetryEvents } from '../../telemetry/events.ts';
import { openLogger } from '../../telemetry/logger.ts';
import { Metrics } from '../../telemetry/metrics.ts';
import { startFakeHomeserver } from '../../testing/fake-homeserver.ts';
import { keptManifest } from './kept-manifest.ts';
import { type Rmapi, startRmapi } from './start-rmapi.ts';

const caller = { 'x-clientcert-dn': 'CN=rasenmaeher', 'content-type': 'application/json' };

/** A directory in which one after the other lives. */
function makeHouse(homeserver: { readonly baseUrl: string; readonly serverName: string }) {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-rmapi-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const lines: string[] = [];
  const env = {
    SYNAPSE_URL: homeserver.baseUrl,
    SYNAPSE_REGISTRATION_SECRET: 'shared-secret',
    SERVER_DOMAIN: homeserver.serverName,
    SYNAPSE_TOKEN_FILE: join(dir, 'token'),
    BELLHOP_RMAPI_LISTEN: '127.0.0.1:0',
    BELLHOP_RECONCILE_INTERVAL: '1s',
    LOG_LEVEL: '10',
  };
  const start = async (manifest?: RmapiManifest): Promise<Rmapi> => {
    const { logger } = openLogger({
      level: 'debug',
      stream: { write: (line) => lines.push(line) },
    });
    const metrics = new Metrics({ version: '1.2.3', startedAt: 0, residentBytes: () => 0 });
    return await startRmapi({
      config: rmapiSettings(env, manifest, await keptManifest(join(dir, 'bellhop'))),
      clock: systemClock,
      logger,
      events: new TelemetryEvents(logger, metrics),
      version: '1.2.3',
      signal: new AbortController().signal,
    });
  };
  return { lines, start, dataDir: join(dir, 'bellhop') };
}

const get = async ({ address }: Rmapi, path: string) => await fetch(`http://${address}${path}`);

async function say({ address }: Rmapi, action: string, callsign: string): Promise<unknown> {
  const body = JSON.stringify({ uuid: 'u', callsign, x509cert: '' });
  const options = { method: 'POST', headers: caller, body };
  const answer = await fetch(`http://${address}/api/v1/users/${action}`, options);
  return await answer.json();
}

it('answers before the homeserver is there, and is ready once it is and has its rooms', async () => {
  await using homeserver = await startFakeHomeserver();
  await homeserver.goAway();
  const { start, lines } = makeHouse(homeserver);
  const rmapi = await start(manifestFallback);
  expect((await get(rmapi, '/readyz')).status).toBe(503);
  expect(await (await get(rmapi, '/api/v1/healthcheck')).json()).toEqual({
    healthy: true,
    extra: expect.stringContaining('not ready'),
  });
  expect(await say(rmapi, 'created', 'NORPPA')).toEqual({
    success: true,
    extra: null,
    error: null,
  });
  await homeserver.comeBack();
  await vi.waitFor(async () => expect((await get(rmapi, '/readyz')).status).toBe(200), 10_000);
  await rmapi.stop();
  expect(lines.join('')).not.toContain('rmapi_manifest_missing');
});

it('goes on without a manifest as the original does, and says so in the log and in readiness', async () => {
  await using homeserver = await startFakeHomeserver();
  const { start, lines } = makeHouse(homeserver);
  const rmapi = await start();
  const health = async () => (await (await get(rmapi, '/api/v1/healthcheck')).json()) as object;
  const told = expect.stringContaining('/pvarki/kraftwerk-init.json');
  const extra = expect.stringMatching(/^not ready; manifest: [^;]*, so all names are made up$/);
  await vi.waitFor(async () => expect(await health()).toEqual({ healthy: true, extra }), 10_000);
  expect((await get(rmapi, '/readyz')).status).toBe(503);
  await rmapi.stop();
  const warned = lines.filter((line) => line.includes('rmapi_manifest_missing'));
  expect(warned.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      level: 'warn',
      path: told,
      deployment: 'manifest_notfound',
      serverName: homeserver.serverName,
      detail: expect.stringContaining('BELLHOP_RMAPI_MANIFEST'),
    }),
  ]);
});

it('a manifest that is gone at a later start changes no room, and is told', async () => {
  await using homeserver = await startFakeHomeserver();
  const { start, lines, dataDir } = makeHouse(homeserver);
  const readiness = async (rmapi: Rmapi) => await get(rmapi, '/readyz');
  const whenReady = async (rmapi: Rmapi) =>
    await vi.waitFor(async () => expect((await readiness(rmapi)).status).toBe(200), 10_000);
  const manifest = { ...manifestFallback, deployment: 'sleepy-sloth' };
  const first = await start(manifest);
  await whenReady(first);
  await first.stop();
  // What the environment says instead is no word of the manifest's.
  expect(manifest.serverName).not.toBe(homeserver.serverName);
  expect(await keptManifest(dataDir)).toEqual(manifest);
  lines.length = 0;
  const second = await start();
  await whenReady(second);
  const { checks } = (await (await readiness(second)).json()) as { checks: object[] };
  expect(checks).toContainEqual({
    name: 'manifest',
    ok: true,
    detail: expect.stringContaining('earlier start'),
  });
  await second.stop();
  expect(lines.join('')).not.toContain('deployment_step');
  expect(lines.find((line) => line.includes('rmapi_manifest_missing'))).toMatch(
    /"instead":"kept","deployment":"sleepy-sloth"/,
  );
});

it('what one life was asked, the next one does; nobody is named in the log', async () => {
  await using homeserver = await startFakeHomeserver();
  const { userId } = homeserver.createUser('norppa');
  const { start, lines } = makeHouse(homeserver);
  await homeserver.goAway();
  const first = await start();
  await say(first, 'created', 'NORPPA');
  await first.stop();
  await homeserver.comeBack();
  const second = await start();
  await vi.waitFor(() => {
    const joins = homeserver.requests.filter(({ operation }) => operation === 'adminJoin');
    expect(joins).toHaveLength(4);
  }, 10_000);
  await second.stop();
  expect(lines.join('')).not.toContain(userId);
  expect(lines.join('').toLowerCase()).not.toContain('norppa');
  expect(lines.join('')).not.toContain('shared-secret');
});

it('a caller by another name is refused, and the log says once who and why', async () => {
  await using homeserver = await startFakeHomeserver();
  const { start, lines } = makeHouse(homeserver);
  const rmapi = await start();
  const headers = { ...caller, 'x-clientcert-dn': 'CN=battlelog' };
  const body = JSON.stringify({ uuid: 'u', callsign: 'NORPPA', x509cert: '' });
  const url = `http://${rmapi.address}/api/v1/users/created`;
  for (const _ of '12') {
    expect((await fetch(url, { method: 'POST', headers, body })).status).toBe(403);
  }
  await rmapi.stop();
  const told = lines.filter((line) => line.includes('rmapi_caller_refused'));
  expect(told.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      level: 'warn',
      route: 'POST /api/v1/users/created',
      why: "only rasenmaeher may, by the manifest's rasenmaeher.certcn",
      commonName: 'battlelog',
      peer: '127.0.0.1',
    }),
  ]);
});

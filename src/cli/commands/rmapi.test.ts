import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { runProgram } from '../run.ts';
import { testContext } from '../test-context.contract.ts';

async function run(args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const context = testContext({ env });
  await runProgram(['rmapi', ...args], context);
  return { out: context.out(), err: context.err(), exit: context.exitCode() };
}

/** Somebody who answers every question so; its port. */
async function answering(status: number, body: string): Promise<number> {
  const server = createServer((_request, response) => {
    response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

it.each([
  ['healthy', 200, '{"healthy":true,"extra":"ready"}', 0],
  ['not healthy', 200, '{"healthy":false,"extra":"store: failing"}', 1],
  ['no JSON', 200, 'hello', 1],
  ['not there', 404, '{"detail":"Not Found"}', 404],
])('healthcheck prints an answer that is %s', async (_, status, body, exit) => {
  const port = await answering(status, body);
  const result = await run(['healthcheck', '--host', '127.0.0.1', '--port', String(port)]);
  expect(result).toEqual({ out: `${body}\n`, err: '', exit });
});

it('healthcheck asks where the environment says', async () => {
  const port = await answering(200, '{"healthy":true,"extra":null}');
  const env = { BELLHOP_RMAPI_LISTEN: `0.0.0.0:${port}` };
  expect((await run(['healthcheck'], env)).exit).toBe(0);
});

it('healthcheck exits with 1 when nobody answers', async () => {
  const { exit, err } = await run(['healthcheck', '--host', '127.0.0.1', '--port', '1']);
  expect([exit, err]).toEqual([1, expect.stringContaining('does not answer')]);
});

it('healthcheck waits no longer than it is told', async () => {
  const server = createServer();
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const port = String((server.address() as AddressInfo).port);
  const asked = ['healthcheck', '--host', '127.0.0.1', '--port', port, '--timeout', '0.05'];
  expect((await run(asked)).exit).toBe(1);
});

it('a port that is no number is a mistake in usage', async () => {
  expect((await run(['healthcheck', '--port', 'x'])).exit).toBe(64);
});

it('openapi prints the document', async () => {
  const { out } = await run(['openapi']);
  expect(JSON.parse(out)).toMatchObject({ openapi: expect.any(String), paths: expect.any(Object) });
});

interface Line {
  readonly msg: string;
  readonly [field: string]: unknown;
}

/** A drop-in without a homeserver, with what it logs and how to signal it. */
function serve(manifest: string) {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-rmapi-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const path = join(dir, 'manifest.json');
  writeFileSync(path, manifest);
  const listeners = new Map<string, () => void>();
  const lines: Line[] = [];
  const context = testContext({
    env: {
      SYNAPSE_URL: 'http://127.0.0.1:1',
      SYNAPSE_REGISTRATION_SECRET: 'shared',
      SYNAPSE_TOKEN_FILE: join(dir, 'token'),
      BELLHOP_RMAPI_MANIFEST: path,
      BELLHOP_RMAPI_LISTEN: '127.0.0.1:0',
    },
    onSignal: (name, listener) => {
      listeners.set(name, listener);
      return () => listeners.delete(name);
    },
    stderr: { write: (text) => lines.push(JSON.parse(text) as Line) },
  });
  const ended = runProgram(['rmapi'], context);
  const event = async (msg: string): Promise<Line> =>
    await vi.waitFor(() => {
      const at = lines.findIndex((line) => line.msg === msg);
      const [line] = at === -1 ? [] : lines.splice(at, 1);
      if (line === undefined) throw new Error(`no ${msg} yet`);
      return line;
    }, 5_000);
  const signal = (name: string): void => listeners.get(name)?.();
  return { context, ended, event, listeners, path, signal };
}

const manifest = (certcn: string): string =>
  JSON.stringify({
    deployment: 'harjoitus',
    rasenmaeher: { init: { base_uri: 'https://h.example.org' }, certcn },
    product: { dns: 'synapse.h.example.org' },
  });

it('SIGHUP ends nothing, also before it listens, and says what it does not do', async () => {
  const { context, ended, event, listeners, path, signal } = serve(manifest('rasenmaeher'));
  await vi.waitFor(() => expect([...listeners.keys()]).toContain('SIGHUP'), 5_000);
  signal('SIGHUP');
  expect(await event('rmapi_reload')).toMatchObject({
    level: 'info',
    tls: 'none',
    settings: 'same',
  });
  writeFileSync(path, manifest('another'));
  signal('SIGHUP');
  expect(await event('rmapi_reload')).toMatchObject({
    level: 'warn',
    settings: 'changed',
    detail: 'The manifest has changed, and counts after a restart.',
  });
  writeFileSync(path, '{');
  signal('SIGHUP');
  expect(await event('rmapi_reload')).toMatchObject({
    settings: 'invalid',
    detail: expect.stringContaining(`${path} is not JSON`),
  });
  signal('SIGTERM');
  await ended;
  expect([context.exitCode(), [...listeners.keys()]]).toEqual([0, []]);
});

it('says all that is wrong with the environment at once', async () => {
  const env = { BELLHOP_RMAPI_MANIFEST: '/nowhere/manifest.json', LOG_LEVEL: 'loud' };
  const { exit, err } = await run([], env);
  expect(exit).toBe(78);
  expect(err).toContain('SYNAPSE_REGISTRATION_SECRET');
  expect(err).toContain('LOG_LEVEL');
  expect(err).toContain('BELLHOP_RMAPI_MANIFEST: there is no file /nowhere/manifest.json');
});

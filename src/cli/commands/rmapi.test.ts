import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
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

it('says all that is wrong with the environment at once', async () => {
  const env = { BELLHOP_RMAPI_MANIFEST: '/nowhere/manifest.json', LOG_LEVEL: 'loud' };
  const { exit, err } = await run([], env);
  expect(exit).toBe(78);
  expect(err).toContain('SYNAPSE_REGISTRATION_SECRET');
  expect(err).toContain('LOG_LEVEL');
});

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstat, mkdir, mkdtemp, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../clock.ts';
import { Failure } from '../errors.ts';
import { openListener } from './listener.ts';
import {
  httpCall,
  listenAnywhere,
  openTestGateway,
  portOf,
  testSettings,
  testSource,
} from './test-gateway.contract.ts';

const headers = { authorization: 'Bearer cluster-token' };
const open = () => openTestGateway(testSettings([testSource('cluster')]), systemClock);

describe('listening', () => {
  it('serves several addresses at once and tells their real ports', async () => {
    await using test = await open();
    const addresses = await test.gateway.listen([
      { address: '127.0.0.1:0' },
      { address: '127.0.0.1:0', only: 'metrics' },
    ]);
    const [all, limited] = addresses.map((address) => ({
      host: '127.0.0.1',
      port: portOf(address),
    }));
    expect((await httpCall({ ...all, path: '/metrics' })).status).toBe(200);
    expect((await httpCall({ ...limited, path: '/metrics' })).status).toBe(200);
    expect((await httpCall({ ...limited, path: '/healthz' })).status).toBe(200);
    const hidden = await httpCall(
      { ...limited, path: '/v1/notifications', method: 'POST', headers },
      'x',
    );
    expect(hidden.status).toBe(404);
  });

  it('opens all addresses or none, and names the one that cannot be', async () => {
    await using test = await open();
    const { port } = await listenAnywhere(test.gateway);
    await using other = await open();
    const both = [{ address: '127.0.0.1:0' }, { address: `127.0.0.1:${port}` }];
    await expect(other.gateway.listen(both)).rejects.toMatchObject({
      code: 'cannot_listen',
      problems: [`listen: cannot listen on 127.0.0.1:${port}: another process listens there`],
    });
  });

  it('bounds headers, times and connections', async () => {
    const { server } = await openListener({ address: '127.0.0.1:0' }, () => undefined);
    expect(server).toMatchObject({
      headersTimeout: 10_000,
      requestTimeout: 30_000,
      maxConnections: 2048,
    });
    server.close();
    await once(server, 'close');
  });

  it('refuses headers beyond 16 KiB', async () => {
    await using test = await open();
    const where = await listenAnywhere(test.gateway);
    const answer = await httpCall({
      ...where,
      path: '/healthz',
      headers: { 'x-a': 'a'.repeat(20_000) },
    });
    expect(answer.status).toBe(431);
  });
});

describe('a unix socket', () => {
  async function inDirectory(run: (path: string) => Promise<void>): Promise<void> {
    const directory = await mkdtemp(join(tmpdir(), 'bellhop-socket-'));
    try {
      await run(join(directory, 'bellhop.sock'));
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }

  it('is for owner and group, and takes messages without a token when it is the local one', async () => {
    await inDirectory(async (socketPath) => {
      await using test = await open();
      await test.gateway.listen([{ address: `unix:${socketPath}`, local: true }]);
      expect((await stat(socketPath)).mode & 0o777).toBe(0o660);
      const path = '/v1/notifications';
      const sent = await httpCall({ socketPath, path, method: 'POST' }, 'hello');
      expect(sent.status).toBe(202);
      expect(test.arrivals).toMatchObject([{ source: 'local' }]);
      expect((await httpCall({ socketPath, path })).status).toBe(401);
      const operator = { authorization: 'Bearer admin-token' };
      expect((await httpCall({ socketPath, path, headers: operator })).status).toBe(200);
      const wrong = { authorization: 'Bearer wrong' };
      expect(
        (await httpCall({ socketPath, path, method: 'POST', headers: wrong }, 'x')).status,
      ).toBe(401);
    });
  });

  it('needs a token like any other when it is not the local one', async () => {
    await inDirectory(async (socketPath) => {
      await using test = await open();
      await test.gateway.listen([{ address: `unix:${socketPath}` }]);
      const answer = await httpCall(
        { socketPath, path: '/v1/notifications', method: 'POST' },
        'hello',
      );
      expect(answer.status).toBe(401);
    });
  });

  it('replaces what a killed process left, and never one that answers', async () => {
    await inDirectory(async (socketPath) => {
      const left = createServer().listen(socketPath);
      await once(left, 'listening');
      await using test = await open();
      const failure = await test.gateway
        .listen([{ address: `unix:${socketPath}` }])
        .catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(Failure);
      expect((failure as Failure).problems[0]).toContain('another process listens there');
      left.close();
      await once(left, 'close');
      const killed = spawn(process.execPath, [
        '-e',
        "require('node:net').createServer().listen(process.argv[1], () => process.kill(process.pid, 'SIGKILL'))",
        socketPath,
      ]);
      await once(killed, 'exit');
      expect((await stat(socketPath)).isSocket()).toBe(true);
      await test.gateway.listen([{ address: `unix:${socketPath}` }]);
      expect((await httpCall({ socketPath, path: '/healthz' })).status).toBe(200);
    });
  });

  it.each([
    ['a file', (path: string) => writeFile(path, 'kept')],
    ['a link', (path: string) => symlink('elsewhere', path)],
    ['a directory', (path: string) => mkdir(path)],
  ])('leaves alone %s that is no socket, and says so', async (_, put) => {
    await inDirectory(async (socketPath) => {
      await put(socketPath);
      const before = await lstat(socketPath);
      await using test = await open();
      await expect(test.gateway.listen([{ address: `unix:${socketPath}` }])).rejects.toMatchObject({
        code: 'config_invalid',
        problems: [`listen: cannot listen on unix:${socketPath}: what is there is no socket`],
      });
      expect((await lstat(socketPath)).ino).toBe(before.ino);
    });
  });
});

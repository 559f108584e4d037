import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { startFakeHomeserver } from '../../../testing/fake-homeserver.ts';
import { runProgram } from '../../run.ts';
import { testContext } from '../../test-context.contract.ts';
import type { Ran } from '../house.contract.ts';

/** A drop-in that runs, with a person whom nobody has seen yet; its data directory, and commands beside it. */
async function openHouse() {
  const homeserver = await startFakeHomeserver();
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-rmapi-'));
  const home = { XDG_CONFIG_HOME: join(dir, 'none'), XDG_STATE_HOME: join(dir, 'state') };
  const environment = {
    ...home,
    SYNAPSE_URL: homeserver.baseUrl,
    SYNAPSE_REGISTRATION_SECRET: homeserver.registrationSharedSecret,
    SERVER_DOMAIN: homeserver.serverName,
    SYNAPSE_TOKEN_FILE: join(dir, 'token'),
    BELLHOP_RMAPI_LISTEN: '127.0.0.1:0',
  };
  const run = async (args: readonly string[], env: Readonly<Record<string, string>>) => {
    const context = testContext({ cwd: dir, home: dir, env: { ...home, ...env } });
    await runProgram(args, context);
    return { out: context.out(), err: context.err(), exit: context.exitCode() } satisfies Ran;
  };
  const listeners = new Map<string, () => void>();
  let log = '';
  const context = testContext({
    env: environment,
    onSignal: (name, listener) => {
      listeners.set(name, listener);
      return () => listeners.delete(name);
    },
    stderr: { write: (text) => (log += text) },
  });
  const ended = runProgram(['rmapi'], context);
  onTestFinished(async () => {
    listeners.get('SIGTERM')?.();
    await ended;
    await homeserver.stop();
    rmSync(dir, { recursive: true });
  });
  const address = await vi.waitFor(() => {
    const found = /"address":"([^"]+)"/.exec(log)?.[1];
    if (found === undefined) throw new Error('it does not listen yet');
    return found;
  }, 10_000);
  const say = async (action: string, callsign: string): Promise<void> => {
    const answer = await fetch(`http://${address}/api/v1/users/${action}`, {
      method: 'POST',
      headers: { 'x-clientcert-dn': 'CN=rasenmaeher', 'content-type': 'application/json' },
      body: JSON.stringify({ uuid: 'u', callsign, x509cert: '' }),
    });
    expect(answer.status).toBe(200);
  };
  await say('created', 'NORPPA');
  await say('promoted', 'Äijä');
  return { environment, run, dataDir: join(dir, 'bellhop') };
}

it('the people of a running drop-in are shown by its environment, or by its data directory', async () => {
  const { environment, run, dataDir } = await openHouse();
  const files = readdirSync(dataDir);
  const ways: [readonly string[], Readonly<Record<string, string>>][] = [
    [[], environment],
    [[], { BELLHOP_DATA_DIR: dataDir }],
    [['--data-dir', dataDir], {}],
    [['--data-dir', 'bellhop'], {}],
  ];
  for (const [options, env] of ways) {
    const list = await run(['people', 'list', ...options], env);
    expect(list).toMatchObject({ err: '', exit: 0 });
    expect(list.out).toMatch(/^=c3=a4ij=c3=a4 +unstated +admin admin-channel /m);
    expect(list.out).toMatch(/^norppa +active +member /m);
    const { out } = await run(['people', 'show', 'ÄIJÄ', '--history', ...options], env);
    expect(out).toMatch(/^source: +rasenmaeher$/m);
    expect(out).toMatch(/ promoted /);
    expect(await run(['people', 'approve', 'norppa', ...options], env)).toMatchObject({
      err: expect.stringContaining('norppa: is not held'),
    });
  }
  expect(readdirSync(dataDir)).toEqual(files);
});

it('where nobody was ever spoken of, the directory that was looked in is named', async () => {
  const { run, dataDir } = await openHouse();
  const none = await run(['people', 'list'], {});
  expect(none).toMatchObject({ out: '', exit: 78 });
  expect(none.err).toContain('--data-dir');
  const typo = await run(['people', 'list', '--data-dir', `${dataDir}x`], {});
  expect(typo).toMatchObject({ out: '', exit: 65 });
  expect(typo.err).toContain(`${dataDir}x`);
  const early = await run(['people', 'list'], { SYNAPSE_TOKEN_FILE: '/none/token' });
  expect(early).toEqual({
    out: '',
    err: 'Nobody is written down in /none/bellhop yet.\n',
    exit: 0,
  });
});

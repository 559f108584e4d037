import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished, vi } from 'vitest';
import { openServiceNotifier } from './service-notifier.ts';

/** A `systemd-notify` that writes down what it is told, and is slow with whatever has no file of its name yet. */
function supervisor() {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-notify-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const told = join(dir, 'told');
  writeFileSync(told, '');
  const script = `#!/bin/sh
echo "begins $1" >> '${told}'
while [ ! -e "${dir}/$1" ]; do :; done
echo "$1" >> '${told}'
`;
  writeFileSync(join(dir, 'systemd-notify'), script, { mode: 0o755 });
  return {
    dir,
    env: { NOTIFY_SOCKET: join(dir, 'socket'), PATH: `${dir}:${process.env['PATH']}` },
    letGo: (state: string) => writeFileSync(join(dir, state), ''),
    told: () => readFileSync(told, 'utf8').trim().split('\n'),
  };
}

it('the supervisor is told one state after the other, however long each takes', async () => {
  const { env, letGo, told } = supervisor();
  const service = openServiceNotifier(env);
  letGo('READY=1');
  service.reloading();
  service.ready();
  await vi.waitFor(() => expect(told()).toContain('begins RELOADING=1'));
  letGo('RELOADING=1');
  await vi.waitFor(() => expect(told()).toContain('READY=1'));
  service.close();
  expect(told()).toEqual(['begins RELOADING=1', 'RELOADING=1', 'begins READY=1', 'READY=1']);
});

it('a state that cannot be told holds up nothing', async () => {
  const { dir, env, letGo, told } = supervisor();
  const script = join(dir, 'systemd-notify');
  chmodSync(script, 0o644);
  const service = openServiceNotifier({ ...env, PATH: dir });
  service.reloading();
  // By then it was started in vain.
  await new Promise<void>((resolve) => setImmediate(resolve));
  chmodSync(script, 0o755);
  letGo('STOPPING=1');
  service.stopping();
  await vi.waitFor(() => expect(told()).toContain('STOPPING=1'));
  service.close();
  expect(told()).toEqual(['begins STOPPING=1', 'STOPPING=1']);
});

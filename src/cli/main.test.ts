import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

function start(args: string[]) {
  return spawn(process.execPath, [main, ...args], { stdio: ['pipe', 'pipe', 'pipe'] });
}

it('a reader that goes away is no error', async () => {
  const child = start(['config', 'schema']);
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => {
    err += chunk.toString();
  });
  child.stdout.destroy();
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect([exitCode, err]).toEqual([0, '']);
});

it('a command that waits for input ends with 130 when it is interrupted', async () => {
  const child = start(['config', 'check', '-c', '-']);
  // More than a pipe holds: it has drained only when the command reads.
  child.stdin.write(' '.repeat(512 * 1024));
  await once(child.stdin, 'drain');
  child.kill('SIGINT');
  const [exitCode] = (await once(child, 'close')) as [number | null];
  expect(exitCode).toBe(130);
});

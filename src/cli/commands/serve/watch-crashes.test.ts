import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, it } from 'vitest';

const module = new URL('watch-crashes.ts', import.meta.url).href;

it.each(['throw new Error("x")', 'Promise.reject(new Error("x"))'])(
  'a process that does %s logs it and ends with 70',
  async (crash) => {
    const script = `
      import { watchCrashes } from ${JSON.stringify(module)};
      const incident = ({ route, cause }) => process.stdout.write(route + ' ' + cause.message);
      watchCrashes({ incident }, () => process.stdout.write(' flushed'));
      setTimeout(() => { ${crash}; }, 0);
      setInterval(() => {}, 1000);`;
    const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
    let out = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
    const [exitCode] = (await once(child, 'close')) as [number | null];
    expect([out, exitCode]).toEqual(['process x flushed', 70]);
  },
);

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';

const moduleOf = (path: string): string => JSON.stringify(new URL(path, import.meta.url).href);

/** A program that opens the engine three times: in order, spoilt, and in order again. What it prints, once it has ended. */
async function openThrice(spoil: string, mend: string, overrides = '{}'): Promise<string> {
  const dataDir = mkdtempSync(join(tmpdir(), 'bellhop-engine-'));
  onTestFinished(() => rmSync(dataDir, { recursive: true, force: true }));
  const account = {
    user_id: '@a:localhost',
    homeserver: 'http://127.0.0.1:9',
    access_token: 'token',
  };
  const text = JSON.stringify({ data_dir: dataDir, accounts: { main: account } });
  const script = `
    import { DatabaseSync } from 'node:sqlite';
    import { systemClock } from ${moduleOf('../clock.ts')};
    import { loadConfig } from ${moduleOf('../config/load-config.ts')};
    import { openEngine } from ${moduleOf('engine.ts')};
    import { silentEvents } from ${moduleOf('silent-events.ts')};
    const config = loadConfig(
      { path: '/bellhop.yaml', text: ${JSON.stringify(text)} },
      { env: {}, cwd: '/', home: '/' },
    );
    let isSpoilt = false;
    const overrides = ${overrides};
    const deps = { config, clock: systemClock, events: silentEvents, command: 'test', overrides };
    const change = (sql) => {
      const db = new DatabaseSync(${JSON.stringify(join(dataDir, 'outbox.db'))});
      db.exec(sql);
      db.close();
    };
    const open = async () => {
      try {
        await (await openEngine(deps)).close(0);
        process.stdout.write('opened ');
      } catch (error) {
        process.stdout.write((error.code ?? error.message) + ' ');
      }
    };
    await open();
    change(${JSON.stringify(spoil)});
    isSpoilt = true;
    await open();
    change(${JSON.stringify(mend)});
    isSpoilt = false;
    await open();`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', script]);
  onTestFinished(() => void child.kill('SIGKILL'));
  let out = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      out += chunk.toString();
    });
  }
  await once(child, 'close');
  return out.trim();
}

it('an outbox that cannot be recovered is let go, and keeps nobody from ending', async () => {
  const spoil = 'alter table entry rename to gone';
  const mend = 'alter table gone rename to entry';
  expect(await openThrice(spoil, mend)).toBe('opened storage_failed opened');
});

it('an engine that could not begin to deliver leaves the data directory to the next', async () => {
  const overrides = `{
    outbox: (outbox) => new Proxy(outbox, {
      get(target, name) {
        if (isSpoilt && name === 'lanesWithWork') return async () => { throw new Error('spoilt'); };
        const value = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    }),
  }`;
  expect(await openThrice('', '', overrides)).toBe('opened spoilt opened');
});

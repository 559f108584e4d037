import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { startFakeHomeserver } from '../../src/testing/fake-homeserver.ts';

const example = fileURLToPath(new URL('../../examples/send-from-your-program.ts', import.meta.url));

/** Lets the example import `bellhop` from the sources, as if it were installed. */
const frontDoor = JSON.stringify(new URL('../../src/index.ts', import.meta.url).href);
const asInstalled = `data:text/javascript,${encodeURIComponent(
  `import { registerHooks } from 'node:module';
  registerHooks({
    resolve: (specifier, context, next) =>
      next(specifier === 'bellhop' ? ${frontDoor} : specifier, context),
  });`,
)}`;

it('the example of the library sends one message and ends by itself', async () => {
  await using homeserver = await startFakeHomeserver();
  const bot = homeserver.createUser('bot');
  const room = homeserver.createRoom({ creator: bot.userId });
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-example-'));
  const config = join(dir, 'bellhop.yaml');
  const { userId: user_id, accessToken: access_token } = bot;
  const main = { user_id, access_token, homeserver: homeserver.baseUrl };
  writeFileSync(
    config,
    JSON.stringify({ data_dir: dir, accounts: { main }, rooms: { ops: room } }),
  );
  try {
    const args = ['--import', asInstalled, example, config, 'all is well'];
    const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 20_000 });
    expect(stdout).toMatch(/^[0-9A-Z]{26}-1 delivered\n$/);
    expect(homeserver.messages(room)).toHaveLength(1);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}, 30_000);

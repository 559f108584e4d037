import { linkSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../clock.ts';
import { deploymentOf } from '../../deployment/simulated-homeserver.contract.ts';
import { openBot } from './open-bot.ts';

it.each([
  ['is named by the same path', 'secret', () => undefined],
  ['is a link to it', 'token', symlinkSync],
  ['is another name of it', 'token', linkSync],
])('a token file is refused that is the file of the secret: it %s', (_, name, link) => {
  const dir = mkdtempSync(join(tmpdir(), 'bellhop-open-bot-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  const secret = join(dir, 'secret');
  writeFileSync(secret, 'secret\n');
  const tokenFile = join(dir, name);
  link(secret, tokenFile);
  const bot = { username: 'bot', registration_secret_file: secret, token_file: tokenFile };
  const open = (): unknown =>
    openBot(deploymentOf({ bot }), { clock: systemClock, onEvent: () => undefined });
  expect(open).toThrow(
    expect.objectContaining({
      code: 'deployment_invalid',
      problems: [expect.stringContaining('bot.token_file: is the same file')],
    }),
  );
  expect(readFileSync(secret, 'utf8')).toBe('secret\n');
});

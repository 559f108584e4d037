import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { Failure } from '../../errors.ts';
import { type DeploymentFile, readDeploymentFile } from './read-deployment-file.ts';

const head = 'homeserver: http://h:8008\nserver_name: h\nbot: { username: bot, token_file: ./token';

async function read(text: string, env: Record<string, string> = {}): Promise<DeploymentFile> {
  const cwd = mkdtempSync(join(tmpdir(), 'bellhop-file-'));
  onTestFinished(() => rmSync(cwd, { recursive: true, force: true }));
  writeFileSync(join(cwd, 'd.yaml'), text);
  return await readDeploymentFile('d.yaml', { env, cwd });
}

async function problemsOf(text: string): Promise<readonly string[]> {
  const thrown = await read(text).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof Failure)) throw new Error('There are no problems.');
  expect(thrown.code).toBe('config_invalid');
  return thrown.problems;
}

it('the example can be used as it is', async () => {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  const { desired, people } = await readDeploymentFile('examples/deployment.yaml', {
    env: {},
    cwd: root,
  });
  expect(desired.rooms.map(({ key }) => key)).toEqual(['space', 'general', 'help', 'moderators']);
  expect(desired.bot.tokenFile).toBe(join(root, 'examples/deployment-bot.token'));
  expect([...people.declared.keys()]).toEqual(['anna', 'bert']);
});

it('paths start from the directory of the file, or from that of credentials', async () => {
  const secret = ', registration_secret_file: $CREDENTIALS_DIRECTORY/secret }\n';
  const { desired } = await read(head + secret, { CREDENTIALS_DIRECTORY: '/run/credentials' });
  expect(desired.bot.tokenFile).toMatch(/\/bellhop-file-\w+\/token$/);
  expect(desired.bot.registrationSecret).toEqual({ file: '/run/credentials/secret' });
});

it('all that is wrong is told at once, rooms and people together, with its places', async () => {
  const text = `${head} }\nrooms:\n  a: { topic: 5 }\n  b: { colour: red }\npeople: { drift: never }\n`;
  expect(await problemsOf(text)).toEqual([
    'd.yaml:5:15: rooms.a.topic: must be text',
    'd.yaml:6:16: rooms.b.colour: is not a key of the deployment file',
    'd.yaml:7:18: people.drift: must be one of: enforce, once',
  ]);
});

it.each([
  ['', 'd.yaml:1:1: homeserver: is missing'],
  ['[', 'd.yaml:1:2: lacks a quote, a bracket, a colon or a comma here or before'],
  [
    `${head}, registration_secret_file: $CREDENTIALS_DIRECTORY/s }`,
    'd.yaml:3:70: bot.registration',
  ],
  [`${head} }\npeople: 5`, 'd.yaml:4:9: people: must be a map of keys and values'],
  [`${head} }\npeople: { default_roles: [boss] }`, 'people.default_roles[0]: is not a role'],
])('%j is refused with its reason', async (text, problem) => {
  expect((await problemsOf(text)).join('\n')).toContain(problem);
});

it('a file that is not there is named', async () => {
  const reading = readDeploymentFile('none.yaml', { env: {}, cwd: '/nowhere' });
  await expect(reading).rejects.toMatchObject({ code: 'config_missing' });
});

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

async function failureOf(text: string, env: Record<string, string> = {}): Promise<Failure> {
  const thrown = await read(text, env).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (!(thrown instanceof Failure)) throw new Error('There are no problems.');
  expect(thrown.code).toBe('deployment_invalid');
  return thrown;
}

const problemsOf = async (text: string): Promise<readonly string[]> =>
  (await failureOf(text)).problems;

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

it("a registration secret among systemd's credentials is in nobody's way outside the unit", async () => {
  const file = '$CREDENTIALS_DIRECTORY/secret';
  const { desired } = await read(`${head}, registration_secret_file: ${file} }\n`);
  expect(desired.bot.registrationSecret).toEqual({ file });
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
    `${head.replace('./token', '$CREDENTIALS_DIRECTORY/token')} }`,
    'd.yaml:3:35: bot.token_file: begins with $CREDENTIALS_DIRECTORY, which is not set',
  ],
  [`${head} }\npeople: 5`, 'd.yaml:4:9: people: must be a map of keys and values'],
  [`${head} }\npeople: { default_roles: [boss] }`, 'people.default_roles[0]: is not a role'],
])('%j is refused with its reason', async (text, problem) => {
  expect((await problemsOf(text)).join('\n')).toContain(problem);
});

it('a file that is not there is named', async () => {
  const reading = readDeploymentFile('none.yaml', { env: {}, cwd: '/nowhere' });
  await expect(reading).rejects.toMatchObject({
    code: 'deployment_missing',
    detail: 'none.yaml cannot be read (ENOENT).',
  });
});

it('an empty file lacks three things', async () => {
  expect(await problemsOf('')).toEqual([
    'd.yaml:1:1: homeserver: is missing',
    'd.yaml:1:1: server_name: is missing',
    'd.yaml:1:1: bot: is missing',
  ]);
});

it('an address that is none is told with its place', async () => {
  const text = head.replace('http://h:8008', 'http://user:pw@h');
  const message = 'must be an address such as https://matrix.example.org, without user, query or';
  expect(await problemsOf(`${text} }`)).toEqual([
    expect.stringContaining(`d.yaml:1:13: homeserver: ${message}`),
  ]);
});

it.each(['/files/token', '/files/./token', '$CREDENTIALS_DIRECTORY/token'])(
  'a secret in %s, where the token goes, is a mistake',
  async (secret) => {
    const text = `${head.replace('./token', '/files/token')}, registration_secret_file: ${secret} }`;
    const { problems } = await failureOf(text, { CREDENTIALS_DIRECTORY: '/files' });
    const message = 'd.yaml:3:35: bot.token_file: is the file of the registration secret';
    expect(problems).toEqual([expect.stringContaining(message)]);
  },
);

const people = `roles: { member: { rooms: [] } }
people:
  guard: { settle: 5 }
  reserved: [root]
  default_roles: [member, boss]
  list: { bot: null, Root: null, "a b": null, anna: { roles: [chef] } }
`;
const ofPeople = [
  'people.guard.settle: must be a duration such as 30s, 15m, 12h or 7d',
  'people.default_roles[1]: is not a role of the file',
  'people.list.bot: is reserved',
  'people.list.Root: is reserved',
  'people.list."a b": ',
  'people.list.anna.roles[0]: is not a role of the file',
];

it('a wrong type hides neither wrong names nor unknown roles', async () => {
  const problems = await problemsOf(`${head} }\n${people}`);
  for (const text of ofPeople) expect(problems.join('\n')).toContain(text);
  expect(problems).toHaveLength(6);
});

it('nor does a contradiction among the rooms, or a wrong value in one of them', async () => {
  for (const room of ['pinned: x', 'topic: 5']) {
    const problems = await problemsOf(`${head} }\nrooms: { a: { ${room} } }\n${people}`);
    expect(problems).toHaveLength(7);
  }
});

it('what a wrong value leads to is not told as a mistake of its own', async () => {
  const wrong = 'rooms: { a: 5, b: {} }\nroles: { member: { rooms: [a, b] }, x: 5 }\n';
  const more = 'people: { admin_roles: [x], list: { bot: null } }\n';
  expect(
    (await problemsOf(`${head} }\n${wrong}${more}`)).map((text) => text.split(': ')[1]),
  ).toEqual(['rooms.a', 'roles.x', 'people.list.bot']);
  const section = await problemsOf(`${head} }\nrooms: 5\nroles: { member: { rooms: [a] } }\n`);
  expect(section).toHaveLength(1);
});

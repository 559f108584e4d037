import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseUserId, type UserId } from '../../matrix/ids.ts';
import { type House, openHouse, type Ran } from './house.contract.ts';
import { terminal } from './login/terminal.contract.ts';

/** The engine starts in a thread of its own for each command, and other suites share the machine. */
const timeout = 60_000;

const recoveryKeyPattern = /(?:\w{4} ){11}\w{4}/;

interface NewHouse extends House {
  /** Where the new account's password is kept. */
  readonly passwordFile: string;
  register(args: readonly string[], input?: string): Promise<Ran>;
}

/** A homeserver on which anybody who knows the secret may make `@new:hs.test`, which is configured. */
async function openHouseWithSecret(): Promise<NewHouse> {
  const house = await openHouse();
  const { baseUrl, registrationSharedSecret } = house.homeserver;
  writeFileSync(join(house.dir, 'secret'), registrationSharedSecret);
  const main = { user_id: '@new:hs.test', homeserver: baseUrl };
  house.configure({ accounts: { main }, rooms: undefined, sources: undefined });
  return {
    ...house,
    passwordFile: join(house.dataDir, 'accounts', 'new@hs.test.password'),
    register: async (args, input) =>
      await house.run(['register', '@new:hs.test', ...args], input === undefined ? {} : { input }),
  };
}

const secret = ['--secret-file', 'secret'];

function newUser(): UserId {
  const userId = parseUserId('@new:hs.test');
  if (userId === undefined) throw new Error('no user id');
  return userId;
}

describe('bellhop register', () => {
  it('makes the account and logs it in, by a password that is kept for its owner alone', async () => {
    const { register, homeserver, dataDir, passwordFile } = await openHouseWithSecret();
    const ran = await register([...secret, '--json']);
    expect(JSON.parse(ran.out)).toMatchObject({
      account: 'main',
      user_id: '@new:hs.test',
      data_dir: dataDir,
      password_file: passwordFile,
    });
    expect(statSync(passwordFile).mode & 0o777).toBe(0o600);
    expect(ran.err).toContain(`kept in ${passwordFile}`);
    expect(ran.out + ran.err).not.toContain(readFileSync(passwordFile, 'utf8').trim());
    const stored = JSON.parse(readFileSync(join(dataDir, 'accounts', 'main.json'), 'utf8'));
    expect(homeserver.tokensOf(newUser())).toContain(stored.accessToken);
  });

  it('makes an account that recovers from a lost store, as the guide says', {
    timeout,
  }, async () => {
    const { register, run, dataDir } = await openHouseWithSecret();
    const [recoveryKey = ''] = recoveryKeyPattern.exec((await register(secret)).out) ?? [];
    rmSync(join(dataDir, 'encryption'), { recursive: true });
    const recover = ['account', 'identity', 'recover', 'main', '--recovery-key-file', '-'];
    const ran = await run(recover, { input: `${recoveryKey}\n` });
    expect(ran).toMatchObject({ exit: 0, out: expect.stringContaining('a new device') });
    const shown = await run(['account', 'identity', 'show', 'main', '--json']);
    expect(JSON.parse(shown.out)).toMatchObject({ signed: true });
  });

  it('makes an account that logs in again after it was logged out', async () => {
    const { register, run, passwordFile } = await openHouseWithSecret();
    await register(secret);
    const out = await run(['account', 'logout', 'main']);
    expect(out).toMatchObject({ exit: 0, out: expect.stringContaining(passwordFile) });
    expect(await run(['login', '@new:hs.test'])).toMatchObject({ exit: 0 });
    writeFileSync(passwordFile, 'another');
    const wrong = await run(['login', '@new:hs.test']);
    expect(wrong).toMatchObject({ exit: 77, err: expect.stringContaining(passwordFile) });
    expect(wrong.err).toContain('give another with --password-file');
  });

  it('leads from another directory to the one that it kept the token in', async () => {
    const house = await openHouseWithSecret();
    const { run, homeserver, dir } = house;
    rmSync(join(dir, 'bellhop.yaml'));
    const before = await house.register([...secret, '--homeserver', homeserver.baseUrl]);
    const first = join(dir, '.local', 'state', 'bellhop');
    expect(before.out).toContain(`Its token is kept in ${join(first, 'accounts')}.`);
    expect(before.err).toContain(
      `\ndata_dir: ${first}\naccounts:\n  main: { user_id: "@new:hs.test", homeserver: http://`,
    );
    house.configure({
      accounts: { main: { user_id: '@new:hs.test', homeserver: homeserver.baseUrl } },
      rooms: undefined,
      sources: undefined,
    });
    const lost = await run(['room', 'list']);
    expect(lost).toMatchObject({ exit: 77, err: expect.stringContaining('as `data_dir`') });
    const file = join(first, 'accounts', 'new@hs.test.password');
    expect(await run(['login', '@new:hs.test', '--password-file', file])).toMatchObject({
      exit: 0,
    });
  });

  it('takes a password, and keeps none then', async () => {
    const { register, run, passwordFile } = await openHouseWithSecret();
    const ran = await register([...secret, '--password-file', '-'], 'known');
    expect(ran).toMatchObject({ exit: 0, err: '' });
    expect(existsSync(passwordFile)).toBe(false);
    const login = ['login', '@new:hs.test', '--password-file', '-'];
    expect(await run(login, { input: 'known' })).toMatchObject({ exit: 0 });
  });

  it('waits for a homeserver that limits logins', async () => {
    const { register, homeserver } = await openHouseWithSecret();
    homeserver.fault('login', { kind: 'rate-limited', retryAfterMs: 1 }, { times: 2 });
    expect(await register(secret)).toMatchObject({ exit: 0 });
  });

  it('loses nothing when the login is refused after all', async () => {
    const { register, run, homeserver, passwordFile } = await openHouseWithSecret();
    homeserver.fault('login', { kind: 'status', status: 403, errcode: 'M_FORBIDDEN' });
    const ran = await register(secret);
    expect(ran).toMatchObject({ exit: 77, err: expect.stringContaining('was registered, but') });
    expect(ran.err).toContain(passwordFile);
    homeserver.clearFaults();
    const again = await register(secret);
    expect(again.err).toContain('may have been made by an attempt before; `bellhop login');
    expect(await run(['login', '@new:hs.test'])).toMatchObject({ exit: 0 });
  });

  it('says that the name is taken, or the secret is another', async () => {
    const { register, run, bot, homeserver } = await openHouseWithSecret();
    const named = ['--account', 'other', '--homeserver', homeserver.baseUrl];
    const taken = await run(['register', bot.userId, ...named, ...secret]);
    expect(taken).toMatchObject({ exit: 77, err: expect.stringContaining(bot.userId) });
    expect(taken.err).toContain('log in with `bellhop login`');
    const wrong = await register(['--secret-file', '-'], 'wrong');
    expect(wrong).toMatchObject({ exit: 77, err: expect.stringContaining('shared_secret') });
    expect(wrong.err).not.toContain('bellhop login');
    expect(await register(secret)).toMatchObject({ exit: 0 });
  });
});

/** An attempt to make an account whose answer somebody spoils after the homeserver has done it. */
describe('bellhop register, when the answer is of no use,', () => {
  const isMaking = ({ method, path }: { method: string; path: string }) =>
    method === 'POST' && path.endsWith('/register');

  it.each(['drop-answer', 'cut-answer'] as const)('keeps the password: %s', async (kind) => {
    const { register, run, homeserver, passwordFile } = await openHouseWithSecret();
    homeserver.fault(isMaking, { kind });
    const ran = await register(secret);
    expect(ran).toMatchObject({ exit: 69, err: expect.stringContaining(passwordFile) });
    homeserver.clearFaults();
    expect(await run(['login', '@new:hs.test'])).toMatchObject({ exit: 0 });
  });

  it.each([200, 403, 408, 429])('keeps the password: a page with status %i', async (status) => {
    const { register, homeserver, passwordFile } = await openHouseWithSecret();
    homeserver.fault(isMaking, { kind: 'html', status });
    const ran = await register(secret);
    expect(ran.err).toContain('may have been made all the same');
    expect(ran.err).toContain(passwordFile);
    expect(existsSync(passwordFile)).toBe(true);
    homeserver.clearFaults();
    expect(await register(secret)).toMatchObject({ exit: 0 });
  });

  it('keeps the password of the user who was made instead, under their name', async () => {
    const { run, homeserver, dir, dataDir } = await openHouseWithSecret();
    rmSync(join(dir, 'bellhop.yaml'));
    const env = { BELLHOP_DATA_DIR: dataDir };
    const at = ['--homeserver', homeserver.baseUrl];
    const ran = await run(['register', '@typo:matrix.hs.test', ...at, ...secret], { env });
    const place = join(dataDir, 'accounts', 'typo@hs.test.password');
    expect(ran).toMatchObject({ exit: 76, err: expect.stringContaining(place) });
    expect(ran.err).toContain('made the account @typo:hs.test instead of @typo:matrix.hs.test');
    expect(await run(['login', '@typo:hs.test', ...at], { env })).toMatchObject({ exit: 0 });
  });
});

describe('bellhop register, called twice at once,', () => {
  it('loses the password of neither', async () => {
    const { register, run } = await openHouseWithSecret();
    const ran = await Promise.all([register(secret), register(secret)]);
    expect(ran.map(({ exit }) => exit).toSorted()).toEqual([0, 77]);
    expect(await run(['login', '@new:hs.test'])).toMatchObject({ exit: 0 });
  });
});

describe('the password that bellhop register keeps', () => {
  it('goes to no other homeserver by itself', async () => {
    const { register, run, homeserver, passwordFile } = await openHouseWithSecret();
    await register(secret);
    const elsewhere = homeserver.baseUrl.replace('127.0.0.1', 'localhost');
    const login = ['login', '@new:hs.test', '--homeserver', elsewhere];
    const before = homeserver.requests.length;
    const ran = await run(login);
    expect(ran).toMatchObject({ exit: 64, err: expect.stringContaining(passwordFile) });
    expect(homeserver.requests.length).toBe(before);
    const again = await register([...secret, '--homeserver', elsewhere]);
    expect(again).toMatchObject({ exit: 64, err: expect.stringContaining(passwordFile) });
    const given = await run([...login, '--password-file', passwordFile]);
    expect(given.err).not.toContain('not given');
  });

  it('gives way to another that is typed after it was refused', async () => {
    const { register, run, passwordFile } = await openHouseWithSecret();
    await register(secret);
    const password = readFileSync(passwordFile, 'utf8').trim();
    writeFileSync(passwordFile, 'stale');
    const { given, shown } = terminal(`${password}\r`);
    expect(await run(['login', '@new:hs.test'], given)).toMatchObject({ exit: 0 });
    expect(shown()).toContain(`The password in ${passwordFile} is not taken.\nPassword of @new`);
    expect(shown()).toContain(`The password in ${passwordFile} was another, and is removed.`);
    expect(existsSync(passwordFile)).toBe(false);
  });

  it('gives way to another that a file gave, and stays where that is refused', async () => {
    const { register, run, passwordFile } = await openHouseWithSecret();
    await register(secret);
    const password = readFileSync(passwordFile, 'utf8').trim();
    const login = ['login', '@new:hs.test', '--password-file', '-'];
    expect(await run(login, { input: 'wrong' })).toMatchObject({ exit: 77 });
    expect(await run(login, { input: password })).toMatchObject({ exit: 0 });
    expect(readFileSync(passwordFile, 'utf8').trim()).toBe(password);
    writeFileSync(passwordFile, 'stale');
    expect(await run(login, { input: password })).toMatchObject({ exit: 0 });
    expect(existsSync(passwordFile)).toBe(false);
  });

  it('is named where the homeserver asks for it and does not take it', { timeout }, async () => {
    const { register, run, passwordFile } = await openHouseWithSecret();
    await register(secret);
    const password = readFileSync(passwordFile, 'utf8').trim();
    writeFileSync(passwordFile, 'stale');
    const reset = ['account', 'identity', 'reset', 'main', '--force'];
    const ran = await run(reset);
    expect(ran.exit).not.toBe(0);
    expect(ran.err).toContain(`This was the password of ${passwordFile}`);
    const asked = await run(reset, terminal(`${password}\r`).given);
    expect(asked.out.trim()).toMatch(recoveryKeyPattern);
    expect(existsSync(passwordFile)).toBe(false);
  });

  it('has a file as well where the user id is long', async () => {
    const { run, homeserver, dataDir } = await openHouseWithSecret();
    const userId = `@${'a'.repeat(242)}:hs.test`;
    const named = ['--account', 'long', '--homeserver', homeserver.baseUrl];
    expect(await run(['register', userId, ...named, ...secret])).toMatchObject({ exit: 0 });
    const out = await run(['account', 'logout', 'long']);
    expect(out).toMatchObject({ exit: 0, out: expect.stringContaining(join(dataDir, 'accounts')) });
    expect(await run(['login', userId, ...named])).toMatchObject({ exit: 0 });
  });

  it('does not hold up a forced logout when its file cannot be read', async () => {
    const { register, run, passwordFile } = await openHouseWithSecret();
    await register(secret);
    rmSync(passwordFile);
    mkdirSync(passwordFile);
    const logout = ['account', 'logout', 'main'];
    expect((await run(logout)).exit).not.toBe(0);
    expect(await run([...logout, '--force'])).toMatchObject({ exit: 0 });
  });
});

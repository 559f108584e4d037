import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { pause, systemClock } from '../../src/clock.ts';
import { MatrixError } from '../../src/matrix/errors.ts';
import { localpart, parseRoomAlias, parseUserId, type RoomId } from '../../src/matrix/ids.ts';
import { whoami } from '../../src/matrix/login.ts';
import { resolveAlias } from '../../src/matrix/rooms.ts';
import type { Session } from '../../src/matrix/session.ts';
import { putState, roomState } from '../../src/matrix/state.ts';
import { readUser } from '../../src/matrix/synapse/users.ts';
import { freePort } from '../senders/free-port.ts';
import { type CommandEnd, runCommand } from '../senders/run-command.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { type Synapse, startSynapse } from '../synapse/start-synapse.ts';
import { call } from './parts/call.ts';
import { ServeProcess } from './parts/serve-process.ts';
import { type Member, SynapsePeople, soon } from './parts/synapse-people.ts';

const root = new URL('../../', import.meta.url);
const program = fileURLToPath(new URL('src/cli/main.ts', root));

/** What the issue promises: an end state within a minute. */
const promisedMs = 60_000;
const pollMs = 200;

await describeWithSynapse('the deployment of a new user', () => {
  let dir: string;
  let synapse: Synapse;
  let people: SynapsePeople;
  let anna: Member;
  let me: Session;
  let url: string;

  const bellhop = async (...args: readonly string[]): Promise<CommandEnd> =>
    await runCommand(process.execPath, [program, ...args], { cwd: dir });

  /** A command that must end so; what it says. */
  const expectEnd = async (exit: number, ...args: readonly string[]): Promise<string> => {
    const end = await bellhop(...args);
    expect(end.exit, `bellhop ${args.join(' ')}\n${end.stdout}${end.stderr}`).toBe(exit);
    return end.stdout;
  };

  const roomOf = async (name: string): Promise<RoomId> => {
    const alias = parseRoomAlias(`#${name}:${synapse.serverName}`);
    const found = alias && (await resolveAlias(people.homeserver, alias, soon()));
    if (!found) throw new Error(`${name} leads nowhere.`);
    return found.roomId;
  };

  /** As a client does it. */
  const say = async (room: string, field: 'name' | 'topic', text: string): Promise<void> => {
    const content = { [field]: text };
    await putState(me, await roomOf(room), `m.room.${field}`, '', content, soon());
  };

  const read = async (room: string, field: 'name' | 'topic'): Promise<unknown> => {
    const content = await roomState(me, await roomOf(room), `m.room.${field}`, '', soon());
    return content?.[field];
  };

  const until = async (isSo: () => Promise<boolean>): Promise<void> => {
    const deadline = systemClock.monotonic() + promisedMs;
    while (!(await isSo())) {
      if (systemClock.monotonic() > deadline) throw new Error('It did not come about in a minute.');
      await pause(systemClock, pollMs);
    }
  };

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bellhop-deployment-command-'));
    synapse = await startSynapse({ limits: 'open', more: {} });
    people = new SynapsePeople(synapse);
    anna = await people.register('anna');
    const example = await readFile(new URL('examples/deployment.yaml', root), 'utf8');
    const text = example
      .replace('http://localhost:8008', synapse.baseUrl)
      .replaceAll('example.org', synapse.serverName)
      .replace('    anna:', `    ${anna.userId.slice(1, anna.userId.indexOf(':'))}:`);
    await writeFile(join(dir, 'deployment.yaml'), text);
    const secret = `${synapse.registrationSharedSecret}\n`;
    await writeFile(join(dir, 'registration-secret'), secret, { mode: 0o600 });
    const port = await freePort();
    url = `http://127.0.0.1:${port}`;
    const config = {
      data_dir: './data',
      listen: [`127.0.0.1:${port}`],
      deployment: './deployment.yaml',
      operators: { admin: { token: 'operator-token' } },
    };
    await writeFile(join(dir, 'bellhop.yaml'), JSON.stringify(config));
  });
  afterAll(async () => {
    await people[Symbol.asyncDispose]();
    await synapse.stop();
    await rm(dir, { recursive: true, force: true });
  });

  it('is planned, applied, and then nothing is left to do', async () => {
    const plan = await expectEnd(2, 'deployment', 'plan', 'deployment.yaml');
    for (const room of ['space', 'general', 'help', 'moderators']) {
      expect(plan).toContain(`${room}: make the room`);
    }
    expect(plan).toMatch(/^bot: register @deployment-bot:/);
    await expectEnd(2, 'deployment', 'drift', 'deployment.yaml');
    expect(await readdir(dir)).not.toContain('deployment-bot.token');
    const bot = parseUserId(`@deployment-bot:${synapse.serverName}`);
    const operator = await people.arrive('operator', true);
    expect(bot && (await readUser(operator, bot, soon()))).toBeUndefined();
    await expectEnd(0, 'deployment', 'apply', 'deployment.yaml');
    expect(await expectEnd(0, 'deployment', 'plan')).toBe('Nothing to do.\n');
    const again = await expectEnd(0, 'deployment', 'apply');
    expect(again).toBe('Nothing was to do in the rooms.\nPeople: 1 applied, 1 waiting.\n');
    expect(await expectEnd(0, 'deployment', 'drift')).toBe('No drift.\n');
  });

  it('lets those in whom it names, and their levels are no drift', async () => {
    expect(await expectEnd(0, 'people', 'sync')).toBe('1 applied, 1 waiting.\n');
    me = await people.logIn(anna);
    expect(await read('moderators', 'name')).toBe('Moderators');
    expect(await expectEnd(0, 'deployment', 'plan')).toBe('Nothing to do.\n');
  });

  it('shows what was changed by hand, and treats it as configured', async () => {
    await say('general', 'topic', 'Play');
    await say('general', 'name', 'By hand');
    await say('help', 'topic', 'By hand too');
    const drift = await expectEnd(2, 'deployment', 'drift');
    expect(drift).toMatch(/^general +topic +enforce .*Play/m);
    expect(drift).toMatch(/^general +name +once .*By hand/m);
    expect(drift).not.toContain('help');
    await expectEnd(0, 'deployment', 'apply');
    expect(await read('general', 'topic')).toBe('Work');
    expect(await read('general', 'name')).toBe('By hand');
    expect(await read('help', 'topic')).toBe('By hand too');
    await expectEnd(0, 'deployment', 'plan');
    const rest = await expectEnd(2, 'deployment', 'drift', '--json');
    expect(JSON.parse(rest)).toMatchObject({ room: 'general', field: 'name', treatment: 'once' });
  });

  it('is kept so by the daemon, also after a crash and while the homeserver restarts', async () => {
    await using serve = new ServeProcess(join(dir, 'bellhop.yaml'), url);
    await serve.start();
    await expectEnd(73, 'deployment', 'apply');
    await say('general', 'topic', 'Play');
    await expectEnd(0, 'people', 'sync');
    await until(async () => (await read('general', 'topic')) === 'Work');
    await serve.kill9();
    await say('general', 'topic', 'Play');
    await synapse.kill9();
    await serve.start();
    await synapse.start();
    await until(async () => (await read('general', 'topic')) === 'Work');
    expect(await serve.stop()).toBe(0);
  }, 180_000);

  it('shuts out who was revoked while the homeserver was away, and who comes only later', async () => {
    const early = await people.logIn(await people.register('early'));
    const earlyId = localpart(early.userId);
    // The names are numbered, and the next one is not there yet.
    const lateId = `late-${Number(earlyId.slice('early-'.length)) + 1}`;
    await synapse.kill9();
    await using serve = new ServeProcess(join(dir, 'bellhop.yaml'), url);
    await serve.start();
    for (const id of [earlyId, lateId]) {
      const answer = await call('DELETE', `${url}/v1/people/${id}`, { token: 'operator-token' });
      expect(answer.status).toBe(202);
    }
    await synapse.start();
    await until(async () => await isShutOut(early));
    const late = await people.logIn(await people.register('late'));
    expect(localpart(late.userId)).toBe(lateId);
    await until(async () => await isShutOut(late));
    const shown = await expectEnd(0, 'people', 'show', lateId, '--json');
    expect(JSON.parse(shown)).toMatchObject({ standing: 'revoked', user_id: late.userId });
  }, 180_000);
});

/** Whether a session's token counts no more. */
async function isShutOut({ homeserver, accessToken }: Session): Promise<boolean> {
  return await whoami(homeserver, accessToken, soon()).then(
    () => false,
    (thrown: unknown) => thrown instanceof MatrixError && [401, 403].includes(thrown.status),
  );
}

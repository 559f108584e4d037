import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TransportError } from '../../matrix/errors.ts';
import type { MatrixRequest } from '../../matrix/homeserver.ts';
import { parseUserId, type UserId } from '../../matrix/ids.ts';
import {
  type ScriptedAnswer,
  scriptedHomeserver,
} from '../../matrix/scripted-homeserver.contract.ts';
import { ManualClock } from '../../testing/manual-clock.ts';
import type { BotEvent } from './bot-event.ts';
import { DeploymentBot } from './deployment-bot.ts';

const userId = parseUserId('@bot:example.org') as UserId;
const refusal = (status: number, errcode: string, error = 'no'): ScriptedAnswer => ({
  json: { errcode, error },
  status,
});

type Answers = Readonly<Record<string, (request: MatrixRequest) => ScriptedAnswer>>;

/** What a Synapse answers that has the bot and takes its token. */
const healthy: Answers = {
  'GET /_synapse/admin/v1/register': () => ({ json: { nonce: 'n' } }),
  'POST /_synapse/admin/v1/register': () => ({
    json: { user_id: userId, device_id: 'D', access_token: 'new' },
  }),
  'GET /_matrix/client/v3/account/whoami': () => ({ json: { user_id: userId, device_id: 'D' } }),
  'GET /_synapse/admin/v2/users/%40bot%3Aexample.org': () => ({
    json: { name: userId, admin: true },
  }),
  'GET /_synapse/admin/v1/users/%40bot%3Aexample.org/override_ratelimit': () => ({
    json: { messages_per_second: 0, burst_count: 0 },
  }),
};

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bellhop-bot-'));
});
afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function start(answers: Answers, secret: () => string | undefined = () => 'secret') {
  const clock = new ManualClock();
  const events: BotEvent[] = [];
  const homeserver = scriptedHomeserver((request) => {
    const answer = { ...healthy, ...answers }[`${request.method} ${request.path}`];
    return answer?.(request) ?? refusal(404, 'M_UNRECOGNIZED');
  });
  const tokenFile = join(directory, 'token');
  const bot = new DeploymentBot(
    { userId, homeserver, tokenFile, readSecret: async () => await Promise.resolve(secret()) },
    { clock, randomHex: (bytes) => '0'.repeat(bytes * 2), onEvent: (event) => events.push(event) },
  );
  return { bot, clock, events, homeserver, tokenFile };
}

/** Moves the clock on whenever the bot waits, until there is this event. */
async function until(stage: ReturnType<typeof start>, done: () => boolean): Promise<void> {
  while (!done()) {
    await new Promise((resolve) => setImmediate(resolve));
    stage.clock.advance(stage.clock.nextDueMs ?? 0);
  }
}

const never = new AbortController().signal;

describe('the bot', () => {
  it('registers with the next nonce when the first was forgotten', async () => {
    let nonces = 0;
    const stage = start({
      'POST /_synapse/admin/v1/register': () =>
        ++nonces < 3
          ? refusal(400, 'M_UNKNOWN', 'unrecognised nonce')
          : { json: { user_id: userId, device_id: 'D', access_token: 'new' } },
    });
    expect(await stage.bot.session(never)).toMatchObject({ accessToken: 'new', deviceId: 'D' });
    expect(await readFile(stage.tokenFile, 'utf8')).toBe('new\n');
    expect(stage.bot.status).toEqual({ state: 'ready' });
  });

  it('waits longer and longer for a homeserver that is away, and never more than 30 s', async () => {
    let asked = 0;
    const stage = start({
      'GET /_synapse/admin/v1/register': () =>
        ++asked < 9
          ? { failure: new TransportError('unreachable', 'GET /', 'ECONNREFUSED') }
          : { json: { nonce: 'n' } },
    });
    const session = stage.bot.session(never);
    await until(stage, () => stage.events.some(({ kind }) => kind === 'ready'));
    await session;
    const waits = stage.events.flatMap((event) => (event.kind === 'waiting' ? [event.waitMs] : []));
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  });

  it.each([
    ['registration_disabled', 400, 'M_UNKNOWN'],
    ['delegated', 404, 'M_UNRECOGNIZED'],
    ['unreachable', 502, 'M_UNKNOWN'],
  ])(
    'says %s for %s %s, and goes on when a token is put into its file',
    async (trouble, status, code) => {
      const stage = start({ 'POST /_synapse/admin/v1/register': () => refusal(status, code) });
      const session = stage.bot.session(never);
      await until(stage, () => stage.events.length > 1);
      expect(stage.bot.status).toMatchObject({ state: 'waiting', trouble });
      await writeFile(stage.tokenFile, 'by-hand');
      await until(stage, () => stage.events.some(({ kind }) => kind === 'ready'));
      expect(await session).toMatchObject({ accessToken: 'by-hand' });
    },
  );

  it.each([
    ['wrong_secret', 403, 'M_UNKNOWN', 'login_refused'],
    ['name_refused', 400, 'M_INVALID_USERNAME', 'matrix_refused'],
  ])(
    'ends with %s, and asks again only for another secret or after a while',
    async (trouble, status, errcode, code) => {
      let secret = 'one';
      const stage = start(
        { 'POST /_synapse/admin/v1/register': () => refusal(status, errcode) },
        () => secret,
      );
      const asked = (): number => stage.homeserver.requests.length;
      const again = async (): Promise<void> => {
        await expect(stage.bot.session(never)).rejects.toMatchObject({ code });
      };
      await again();
      await again();
      expect(asked()).toBe(2);
      expect(stage.bot.status).toMatchObject({ state: 'refused', trouble });
      secret = 'other';
      await again();
      expect(asked()).toBe(4);
      stage.clock.advance(5 * 60_000);
      await again();
      expect(asked()).toBe(6);
    },
  );

  it('makes no second account on a server of another name', async () => {
    const stage = start({
      'POST /_synapse/admin/v1/register': () => ({
        json: { user_id: '@bot:other.org', device_id: 'D', access_token: 'new' },
      }),
    });
    const again = async (): Promise<void> => {
      await expect(stage.bot.session(never)).rejects.toMatchObject({ code: 'config_invalid' });
    };
    await again();
    stage.clock.advance(3_600_000);
    await again();
    expect(stage.homeserver.requests).toHaveLength(2);
  });

  it('makes one second administrator, however often its work fails', async () => {
    const register = 'POST /_synapse/admin/v1/register';
    const names: string[] = [];
    const user = 'GET /_synapse/admin/v2/users/%40bot%3Aexample.org';
    const stage = start({
      [register]: ({ body }) => {
        const text = typeof body === 'string' ? body : '{}';
        const { username } = JSON.parse(text) as { username: string };
        if (username === 'bot') return refusal(400, 'M_USER_IN_USE');
        names.push(username);
        const user_id = `@${username}:example.org`;
        return { json: { user_id, device_id: 'R', access_token: 'rescue' } };
      },
      [user]: () => refusal(500, 'M_UNKNOWN'),
    });
    const stop = new AbortController();
    const session = stage.bot.session(stop.signal);
    await until(stage, () => stage.events.filter(({ kind }) => kind === 'waiting').length > 4);
    expect(names).toEqual(['bot-rescue-00000000']);
    stop.abort();
    await expect(session).rejects.toThrow();
  });

  it('makes no account whose token it could not keep', async () => {
    const stage = start({});
    await writeFile(join(directory, 'file'), '');
    const bot = new DeploymentBot(
      {
        userId,
        homeserver: stage.homeserver,
        tokenFile: join(directory, 'file', 'token'),
        readSecret: async () => await Promise.resolve('secret'),
      },
      { clock: stage.clock, randomHex: () => '0', onEvent: (event) => stage.events.push(event) },
    );
    const stop = new AbortController();
    const session = bot.session(stop.signal);
    await until(stage, () => stage.events.length > 0);
    expect(stage.events).toMatchObject([{ kind: 'waiting', trouble: 'token_file' }]);
    expect(stage.homeserver.requests).toEqual([]);
    stop.abort();
    await expect(session).rejects.toThrow();
  });

  it('leaves the token of another account where it is', async () => {
    const stage = start({
      'GET /_matrix/client/v3/account/whoami': () => ({ json: { user_id: '@other:example.org' } }),
    });
    await writeFile(stage.tokenFile, 'theirs');
    const stop = new AbortController();
    const session = stage.bot.session(stop.signal);
    await until(stage, () => stage.events.length > 0);
    expect(stage.bot.status).toMatchObject({ trouble: 'another_account' });
    expect(await readFile(stage.tokenFile, 'utf8')).toBe('theirs');
    stop.abort();
    await expect(session).rejects.toThrow();
  });

  it('works within its rate limits where they cannot be lifted', async () => {
    const path = '/_synapse/admin/v1/users/%40bot%3Aexample.org/override_ratelimit';
    const stage = start({ [`GET ${path}`]: () => refusal(404, 'M_UNRECOGNIZED') });
    await stage.bot.session(never);
    await stage.bot.session(never);
    expect(stage.events.map(({ kind }) => kind)).toEqual(['registered', 'limited', 'ready']);
  });
});

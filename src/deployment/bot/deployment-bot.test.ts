import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { TransportError } from '../../matrix/errors.ts';
import { openBotStage, refusal, untilBot } from './bot-stage.contract.ts';
import { DeploymentBot } from './deployment-bot.ts';

const never = new AbortController().signal;

describe('the bot', () => {
  it('registers with the next nonce when the first was forgotten', async () => {
    let nonces = 0;
    const stage = openBotStage({
      'POST /_synapse/admin/v1/register': () =>
        ++nonces < 3
          ? refusal(400, 'M_UNKNOWN', 'unrecognised nonce')
          : { json: { user_id: '@bot:example.org', device_id: 'D', access_token: 'new' } },
    });
    expect(await stage.bot.session(never)).toMatchObject({ accessToken: 'new', deviceId: 'D' });
    expect(await readFile(stage.tokenFile, 'utf8')).toBe('new\n');
    expect(stage.bot.status).toEqual({ state: 'ready' });
  });

  it('waits longer and longer for a homeserver that is away, and never more than 30 s', async () => {
    let asked = 0;
    const stage = openBotStage({
      'GET /_synapse/admin/v1/register': () =>
        ++asked < 9
          ? { failure: new TransportError('unreachable', 'GET /', 'ECONNREFUSED') }
          : { json: { nonce: 'n' } },
    });
    const session = stage.bot.session(never);
    await untilBot(stage, () => stage.events.some(({ kind }) => kind === 'ready'));
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
      const stage = openBotStage({
        'POST /_synapse/admin/v1/register': () => refusal(status, code),
      });
      const session = stage.bot.session(never);
      await untilBot(stage, () => stage.events.length > 1);
      expect(stage.bot.status).toMatchObject({ state: 'waiting', trouble });
      await writeFile(stage.tokenFile, 'by-hand');
      await untilBot(stage, () => stage.events.some(({ kind }) => kind === 'ready'));
      expect(await session).toMatchObject({ accessToken: 'by-hand' });
    },
  );

  it.each([
    ['wrong_secret', 403, 'M_UNKNOWN', 'bot_refused'],
    ['name_refused', 400, 'M_INVALID_USERNAME', 'matrix_refused'],
  ])(
    'ends with %s, and asks again only for another secret or after a while',
    async (trouble, status, errcode, code) => {
      let secret = 'one';
      const stage = openBotStage(
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

  it('ends the account that it made on a server of another name, and makes no second', async () => {
    const stage = openBotStage({
      'POST /_synapse/admin/v1/register': () => ({
        json: { user_id: '@bot:other.org', device_id: 'D', access_token: 'mistaken' },
      }),
      'POST /_synapse/admin/v1/deactivate/%40bot%3Aother.org': () => ({ json: {} }),
    });
    const again = async (): Promise<void> => {
      await expect(stage.bot.session(never)).rejects.toMatchObject({
        code: 'deployment_invalid',
        detail:
          'The homeserver made @bot:other.org instead of @bot:example.org. Correct the server name.',
      });
    };
    await again();
    stage.clock.advance(3_600_000);
    await again();
    expect(stage.homeserver.requests).toHaveLength(3);
    expect(stage.homeserver.requests[2]).toMatchObject({ accessToken: 'mistaken' });
  });

  it('ends the second administrator too that it made on a server of another name', async () => {
    const ended: string[] = [];
    const stage = openBotStage({
      'POST /_synapse/admin/v1/register': ({ body }) =>
        JSON.stringify(body).includes('bot-rescue-')
          ? { json: { user_id: '@r:other.org', device_id: 'D', access_token: 'mistaken' } }
          : refusal(400, 'M_USER_IN_USE'),
      'POST /_synapse/admin/v1/deactivate/%40r%3Aother.org': ({ accessToken }) => {
        ended.push(String(accessToken));
        return { json: {} };
      },
    });
    const session = stage.bot.session(never);
    const outcome = expect(session).rejects.toMatchObject({ code: 'deployment_invalid' });
    await untilBot(stage, () => ended.length > 0);
    await outcome;
    expect(ended).toEqual(['mistaken']);
  });

  it('names the account on a server of another name that it could not end', async () => {
    const stage = openBotStage({
      'POST /_synapse/admin/v1/register': () => ({
        json: { user_id: '@bot:other.org', device_id: 'D', access_token: 'mistaken' },
      }),
    });
    await expect(stage.bot.session(never)).rejects.toMatchObject({
      detail: expect.stringContaining('Deactivate @bot:other.org'),
    });
  });

  it('makes one second administrator, however often its work fails', async () => {
    const register = 'POST /_synapse/admin/v1/register';
    const names: string[] = [];
    const user = 'GET /_synapse/admin/v2/users/%40bot%3Aexample.org';
    const stage = openBotStage({
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
    await untilBot(stage, () => stage.events.filter(({ kind }) => kind === 'waiting').length > 4);
    expect(names).toEqual(['bot-rescue-00000000']);
    stop.abort();
    await expect(session).rejects.toThrow();
  });

  it('makes no account whose token it could not keep', async () => {
    const stage = openBotStage({});
    await writeFile(join(stage.directory, 'file'), '');
    const bot = new DeploymentBot(
      {
        userId: stage.bot.userId,
        homeserver: stage.homeserver,
        tokenFile: join(stage.directory, 'file', 'token'),
        readSecret: async () => await Promise.resolve('secret'),
      },
      { clock: stage.clock, randomHex: () => '0', onEvent: (event) => stage.events.push(event) },
    );
    const stop = new AbortController();
    const session = bot.session(stop.signal);
    await untilBot(stage, () => stage.events.length > 0);
    expect(stage.events).toMatchObject([{ kind: 'waiting', trouble: 'token_file' }]);
    expect(stage.homeserver.requests).toEqual([]);
    stop.abort();
    await expect(session).rejects.toThrow();
  });

  it('leaves the token of another account where it is', async () => {
    const stage = openBotStage({
      'GET /_matrix/client/v3/account/whoami': () => ({ json: { user_id: '@other:example.org' } }),
    });
    await writeFile(stage.tokenFile, 'theirs');
    const stop = new AbortController();
    const session = stage.bot.session(stop.signal);
    await untilBot(stage, () => stage.events.length > 0);
    expect(stage.bot.status).toMatchObject({ trouble: 'another_account' });
    expect(await readFile(stage.tokenFile, 'utf8')).toBe('theirs');
    stop.abort();
    await expect(session).rejects.toThrow();
  });

  it('never takes the registration secret for a token, and leaves it where it is', async () => {
    const stage = openBotStage({});
    await writeFile(stage.tokenFile, 'secret\n');
    const stop = new AbortController();
    const session = stage.bot.session(stop.signal);
    await untilBot(stage, () => stage.events.length > 0);
    expect(stage.bot.status).toMatchObject({ trouble: 'token_file' });
    expect(stage.homeserver.requests).toEqual([]);
    expect(await readFile(stage.tokenFile, 'utf8')).toBe('secret\n');
    stop.abort();
    await expect(session).rejects.toThrow();
  });

  it('works within its rate limits where they cannot be lifted', async () => {
    const path = '/_synapse/admin/v1/users/%40bot%3Aexample.org/override_ratelimit';
    const stage = openBotStage({ [`GET ${path}`]: () => refusal(404, 'M_UNRECOGNIZED') });
    await stage.bot.session(never);
    await stage.bot.session(never);
    expect(stage.events.map(({ kind }) => kind)).toEqual(['registered', 'limited', 'ready']);
  });
});

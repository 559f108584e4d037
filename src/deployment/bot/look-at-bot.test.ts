import { readdir, stat, writeFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { TransportError } from '../../matrix/errors.ts';
import type { MatrixRequest } from '../../matrix/homeserver.ts';
import { type Answers, type BotStage, openBotStage, refusal } from './bot-stage.contract.ts';

const never = new AbortController().signal;

describe('a look at the bot', () => {
  const revoked: Answers = {
    'GET /_matrix/client/v3/account/whoami': () => refusal(401, 'M_UNKNOWN_TOKEN'),
  };
  const writes = ({ homeserver }: BotStage): readonly MatrixRequest[] =>
    homeserver.requests.filter(({ method }) => method !== 'GET');

  it('registers nobody where there is no token', async () => {
    const stage = openBotStage();
    expect(await stage.bot.look(never)).toEqual({ kind: 'absent' });
    expect(stage.homeserver.requests).toEqual([]);
    expect(await readdir(stage.directory)).toEqual([]);
  });

  it.each([
    ['revoked', 401, 'M_UNKNOWN_TOKEN'],
    ['deactivated', 403, 'M_USER_DEACTIVATED'],
    ['locked', 401, 'M_USER_LOCKED'],
  ])('says %s, and mends nothing', async (damage, status, errcode) => {
    const stage = openBotStage({
      'GET /_matrix/client/v3/account/whoami': () => refusal(status, errcode),
    });
    await writeFile(stage.tokenFile, 'kept', { mode: 0o644 });
    expect(await stage.bot.look(never)).toEqual({ kind: 'damaged', damage });
    expect(writes(stage)).toEqual([]);
    expect(stage.events).toEqual([]);
    expect(await readdir(stage.directory)).toEqual(['token']);
    expect((await stat(stage.tokenFile)).mode & 0o777).toBe(0o644);
  });

  it('has the session of a good token, and lifts no limits', async () => {
    const stage = openBotStage({
      'GET /_synapse/admin/v1/users/%40bot%3Aexample.org/override_ratelimit': () => ({ json: {} }),
    });
    await writeFile(stage.tokenFile, 'kept');
    expect(await stage.bot.look(never)).toMatchObject({
      kind: 'ready',
      session: { accessToken: 'kept' },
    });
    expect(stage.homeserver.requests).toHaveLength(2);
    expect(writes(stage)).toEqual([]);
  });

  it('says what is wrong at once: a homeserver that is away, no secret to go on with', async () => {
    const away = openBotStage({
      'GET /_matrix/client/v3/account/whoami': () => ({
        failure: new TransportError('unreachable', 'GET /', 'ECONNREFUSED'),
      }),
    });
    await writeFile(away.tokenFile, 'kept');
    await expect(away.bot.look(never)).rejects.toMatchObject({ kind: 'unreachable' });
    const poor = openBotStage(revoked, () => undefined);
    await expect(poor.bot.look(never)).rejects.toMatchObject({ kind: 'no_secret' });
  });
});

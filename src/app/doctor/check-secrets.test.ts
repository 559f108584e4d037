import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type House, openHouse } from '../../cli/commands/house.contract.ts';

interface Line {
  readonly check: string;
  readonly state: string;
  readonly detail: string;
  readonly remedy?: string;
}

/** What doctor says of one thing. */
async function examine(house: House, check: string): Promise<Line[]> {
  const { out } = await house.run(['doctor', '--json']);
  const lines = out.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Line).filter((line) => line.check === check);
}

describe('doctor on tokens of callers', () => {
  it('warns of those that can be guessed, by their places and never by themselves', async () => {
    const house = await openHouse();
    writeFileSync(join(house.dir, 'fifteen'), 'x23456789012345\n', { mode: 0o600 });
    const long = 'sixteen-letters!';
    house.configure({
      sources: { a: { token: 'quirk', room: 'ops' }, b: { auth: 'none', room: 'ops' } },
      operators: { one: { token_file: './fifteen' }, two: { token: long } },
    });
    const [first, ...warnings] = await examine(house, 'secrets');
    expect(first).toMatchObject({ state: 'ok' });
    const words = 'has fewer than 16 characters, so it could be guessed';
    const remedy = expect.stringContaining('openssl rand -hex 32');
    expect(warnings).toEqual([
      { check: 'secrets', state: 'warn', detail: `sources.a.token ${words}`, remedy },
      { check: 'secrets', state: 'warn', detail: `operators.one.token_file ${words}`, remedy },
    ]);
    expect(JSON.stringify(warnings)).not.toMatch(/quirk|x2345/);
  });

  it('says of two callers with one token what to mend', async () => {
    const house = await openHouse();
    const token = 'a-token-for-two-callers';
    house.configure({ operators: { one: { token }, two: { token } } });
    expect(await examine(house, 'secrets')).toMatchObject([
      {
        state: 'fail',
        detail: expect.stringContaining('operators.two.token: is the same as'),
        remedy: expect.stringContaining('Correct the places that are named'),
      },
    ]);
  });
});

describe('doctor on secrets of an account', () => {
  it.each([
    ['access_token_file', '\n', 'is empty', 'holds the secret'],
    ['access_token_file', 'one\ntwo\n', 'must be one line', 'Correct the places'],
    ['access_token_file', undefined, 'cannot be read (ENOENT)', 'holds the secret'],
    ['password_file', '\n', 'is empty', 'holds the secret'],
  ])('does not send anybody to log in for an %s of %j', async (setting, content, words, remedy) => {
    const house = await openHouse();
    const { bot, homeserver, dir } = house;
    if (content !== undefined) writeFileSync(join(dir, 'secret'), content, { mode: 0o600 });
    const main = { user_id: bot.userId, homeserver: homeserver.baseUrl, [setting]: './secret' };
    house.configure({ accounts: { main } });
    for (const check of ['secrets', 'account main']) {
      const place = `accounts.main.${setting}: ${join(dir, 'secret')} ${words}`;
      expect(await examine(house, check)).toMatchObject([
        {
          state: 'fail',
          detail: expect.stringContaining(place),
          remedy: expect.stringContaining(remedy),
        },
      ]);
    }
  });

  it('has another login for a token that was well until it was refused', async () => {
    const house = await openHouse();
    house.homeserver.revokeToken(house.bot.accessToken);
    expect(await examine(house, 'account main')).toMatchObject([
      { state: 'fail', remedy: expect.stringContaining('bellhop login') },
    ]);
  });
});

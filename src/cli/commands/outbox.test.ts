import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../clock.ts';
import { openDataDir } from '../../store/data-dir.ts';
import { endAll, type House, message, openHouse, testId } from './house.contract.ts';

const minuteMs = 60_000;

/** A house whose outbox holds messages 1 to `count`. */
async function stocked(count: number) {
  const house = await openHouse();
  openDataDir(house.dataDir);
  const store = house.openStore();
  for (let place = 1; place <= count; place++) await store.accept(message(house, place));
  return { house, store };
}

const lines = (text: string): Record<string, unknown>[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

async function states(house: House): Promise<unknown[]> {
  const { out } = await house.run(['outbox', 'list', '--json']);
  return lines(out).map(({ state }) => state);
}

describe('outbox list', () => {
  it('gives each entry a line with id, state, room and reason, while another process has it open', async () => {
    const { house, store } = await stocked(1);
    await endAll(store, 'refused');
    await store.accept(message(house, 2));
    const { out } = await house.run(['outbox', 'list', '--json']);
    expect(lines(out)).toMatchObject([
      { id: `${testId(1)}-1`, state: 'dead', room: 'ops', reason: 'refused', source: 'scripts' },
      { id: `${testId(2)}-1`, state: 'queued', room: 'ops' },
    ]);
  });

  it('shows a table to people, and nothing where there is nothing', async () => {
    const { house } = await stocked(1);
    const { out } = await house.run(['outbox', 'list']);
    expect(out).toMatch(/^ID +STATE +ROOM +AGE +TRIES +WHY\n01J\S+ +queued +ops +\ds +0\n$/);
    const empty = await openHouse();
    expect(await empty.run(['outbox', 'list'])).toEqual({
      out: '',
      err: `There is no outbox in ${empty.dataDir} yet.\n`,
      exit: 0,
    });
    expect(existsSync(empty.dataDir)).toBe(false);
  });

  it('chooses by state, room, source and age, and pages', async () => {
    const { house, store } = await stocked(3);
    const list = async (...args: string[]) =>
      lines((await house.run(['outbox', 'list', '--json', ...args])).out).length;
    const old = { createdAt: systemClock.now() - 10 * minuteMs, source: 'other' };
    await store.accept(message(house, 4, old));
    expect(await list('--state', 'queued,unknown')).toBe(4);
    expect(await list('--state', 'dead', '--state', 'queued')).toBe(4);
    expect(await list('--state', 'dead')).toBe(0);
    expect(await list('--room', 'ops')).toBe(4);
    expect(await list('--room', house.roomId)).toBe(4);
    expect(await list('--room', '!left:example.org')).toBe(0);
    expect(await list('--source', 'other')).toBe(1);
    expect(await list('--older-than', '5m')).toBe(1);
    expect(await list('--after', `${testId(3)}-1`)).toBe(1);
    const page = await house.run(['outbox', 'list', '--limit', '2']);
    expect(page.err).toContain(`--after ${testId(2)}-1`);
  });

  it('shows the newest when asked, in the same order', async () => {
    const { house } = await stocked(3);
    const page = await house.run(['outbox', 'list', '--newest', '--limit', '2', '--json']);
    expect(lines(page.out)).toMatchObject([{ id: `${testId(2)}-1` }, { id: `${testId(3)}-1` }]);
    expect(page.err).toBe('There may be more before these: a larger --limit shows them.\n');
    const first = await house.run(['outbox', 'list', '--limit', '2']);
    expect(first.err).toContain('--newest shows the last ones');
  });

  it.each([
    ['--state', 'lost', /takes queued, unknown/],
    ['--older-than', 'yesterday', /--older-than takes a time/],
    ['--limit', '0', /--limit takes a number from 1 to 10000/],
  ])('refuses %s %s', async (option, value, words) => {
    const { house } = await stocked(1);
    const ran = await house.run(['outbox', 'list', option, value]);
    expect(ran).toMatchObject({ exit: 64, out: '', err: expect.stringMatching(words) });
  });

  it('says so where no room has the name', async () => {
    const { house } = await stocked(1);
    const ran = await house.run(['outbox', 'list', '--room', 'opss']);
    expect(ran.out).toBe('');
    expect(ran.err).toContain('No room "opss" is configured.');
  });
});

describe('outbox show', () => {
  it('tells everything of an entry, its content only when asked', async () => {
    const { house, store } = await stocked(1);
    await endAll(store, 'refused');
    const plain = await house.run(['outbox', 'show', `${testId(1)}-1`]);
    expect(plain.out).toMatch(/state: +dead\n/);
    expect(plain.out).toMatch(/remedy: .*give it the power/);
    expect(plain.out).not.toContain('message 1');
    const whole = await house.run(['outbox', 'show', testId(1), '--content', '--json']);
    expect(lines(whole.out)).toMatchObject([
      { id: `${testId(1)}-1`, last_error: 'no', content: { body: 'message 1' } },
    ]);
  });

  it('tells what an owed entry waits for, and what to do', async () => {
    const { house, store } = await stocked(1);
    for (const { id } of await store.lanesWithWork()) await store.release(id, 'not in the room');
    const { out } = await house.run(['outbox', 'show', testId(1).toLowerCase()]);
    expect(out).toMatch(/waits for: +not in the room\n/);
    expect(out).toContain('bellhop outbox wake');
  });

  it.each(['nonsense', testId(9)])('says that there is no %s', async (id) => {
    const { house } = await stocked(1);
    const ran = await house.run(['outbox', 'show', id]);
    expect(ran).toMatchObject({ exit: 65, err: expect.stringContaining(id) });
  });
});

describe('outbox cancel', () => {
  it('withdraws what is queued, and says what it could not', async () => {
    const { house, store } = await stocked(1);
    await endAll(store, 'delivered');
    await store.accept(message(house, 2));
    const ran = await house.run(['outbox', 'cancel', testId(2), testId(1)]);
    expect(ran.out).toBe(`cancelled ${testId(2)}-1\n`);
    expect(ran).toMatchObject({ exit: 65, err: expect.stringContaining('-1: is delivered') });
    expect(await states(house)).toEqual(['delivered', 'cancelled']);
  });

  it('says that there is no outbox, and makes none', async () => {
    const house = await openHouse();
    const ran = await house.run(['outbox', 'cancel', testId(1)]);
    expect(ran).toMatchObject({ exit: 65, err: expect.stringContaining('no outbox') });
    expect(existsSync(house.dataDir)).toBe(false);
  });
});

describe('outbox redrive', () => {
  it('replaces a dead entry by a queued copy', async () => {
    const { house, store } = await stocked(1);
    await endAll(store, 'refused');
    const ran = await house.run(['outbox', 'redrive', testId(1), '--json']);
    expect(lines(ran.out)).toMatchObject([{ ok: true, new_id: expect.stringMatching(/-1$/) }]);
    expect(await states(house)).toEqual(['superseded', 'queued']);
  });

  it('repeats what is ambiguous only by force', async () => {
    const { house, store } = await stocked(1);
    await endAll(store, 'ambiguous');
    const refused = await house.run(['outbox', 'redrive', testId(1)]);
    expect(refused).toMatchObject({ exit: 65, err: expect.stringContaining('--force') });
    expect(await house.run(['outbox', 'redrive', testId(1), '--force'])).toMatchObject({ exit: 0 });
  });

  it.each([[['--state', 'dead', '--all']], [['--state', 'dead,expired', '--room', 'ops']]])(
    'takes all that %j chooses',
    async (args) => {
      const { house, store } = await stocked(3);
      await endAll(store, 'refused');
      await store.accept(message(house, 4));
      expect(await house.run(['outbox', 'redrive', ...args])).toMatchObject({ exit: 0, err: '' });
      expect((await states(house)).filter((state) => state === 'queued')).toHaveLength(4);
    },
  );

  it.each([
    [['--state', 'dead'], /Add --all/],
    [['--state', 'queued', '--all'], /What is queued cannot be redriven/],
    [[], /Give an id/],
    [['--all'], /choose with --state/],
    [[testId(1), '--all'], /not both/],
  ])('refuses %j', async (args, words) => {
    const { house } = await stocked(1);
    const ran = await house.run(['outbox', 'redrive', ...args]);
    expect(ran).toMatchObject({ exit: 64, err: expect.stringMatching(words) });
  });
});

describe('outbox purge', () => {
  it('deletes what ended long enough ago, and nothing that is owed', async () => {
    const { house, store } = await stocked(1);
    await endAll(store, 'delivered', systemClock.now() - 10 * minuteMs);
    await store.accept(message(house, 2));
    await endAll(store, 'refused', systemClock.now() - 10 * minuteMs);
    await store.accept(message(house, 3));
    const purge = async (...args: string[]) => (await house.run(['outbox', 'purge', ...args])).out;
    expect(await purge('--older-than', '1h')).toBe('0 deleted\n');
    expect(await purge('--older-than', '5m', '--state', 'delivered')).toBe('1 deleted\n');
    expect(await purge('--older-than', '5m', '--json')).toBe('{"purged":1}\n');
    expect(await states(house)).toEqual(['queued']);
  });

  it('has nothing to do without an outbox', async () => {
    const house = await openHouse();
    const ran = await house.run(['outbox', 'purge', '--older-than', '5m']);
    expect(ran).toEqual({ out: '0 deleted\n', err: '', exit: 0 });
  });
});

describe('outbox backup', () => {
  it('copies the outbox, and overwrites nothing', async () => {
    const { house } = await stocked(2);
    const ran = await house.run(['outbox', 'backup', 'copy.db']);
    expect(ran).toEqual({ out: 'copy.db\n', err: '', exit: 0 });
    const copy = new DatabaseSync(join(house.dir, 'copy.db'), { readOnly: true });
    expect(copy.prepare('select count(*) count from entry').get()).toEqual({ count: 2 });
    copy.close();
    const second = await house.run(['outbox', 'backup', 'copy.db']);
    expect(second).toMatchObject({ out: '', err: expect.stringContaining('exists already') });
    expect(second.exit).not.toBe(0);
  });

  it('says that there is nothing to copy', async () => {
    const house = await openHouse();
    expect(await house.run(['outbox', 'backup', 'copy.db'])).toMatchObject({ exit: 65 });
    expect(existsSync(join(house.dir, 'copy.db'))).toBe(false);
  });
});

describe('outbox wake', () => {
  it('says that the next daemon tries at once, where none runs', async () => {
    const house = await openHouse();
    expect(await house.run(['outbox', 'wake'])).toEqual({
      out: 'no daemon is running\n',
      err: 'The next `bellhop serve` tries everything at once.\n',
      exit: 0,
    });
  });

  it('needs an operator', async () => {
    const house = await openHouse();
    house.configure({ operators: {} });
    const ran = await house.run(['outbox', 'wake']);
    expect(ran).toMatchObject({ exit: 77, err: expect.stringContaining('operator') });
  });
});

import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { describe, expect, it } from 'vitest';
import { migrate } from '../../../store/sqlite/migrate.ts';
import { migrations } from '../../../store/sqlite/migrations/migrations.ts';
import { type DeploymentHouse, openDeploymentHouse } from '../deployment-house.contract.ts';

const older = 'was made by an older version';
const rooms = { space: { alias: 'space', join_rule: 'invite' }, rooms: {}, roles: {}, people: {} };

/** A database in which nobody ever was, from before its last change. */
function makeOlder({ dir }: DeploymentHouse): void {
  const data = join(dir, 'data');
  mkdirSync(data);
  const file = join(data, 'outbox.db');
  const db = new DatabaseSync(file);
  migrate(db, file, migrations.slice(0, -1));
  db.close();
}

/** A data directory that nobody may look into: a link to itself keeps out an administrator too. */
function makeClosed({ dir }: DeploymentHouse): void {
  symlinkSync('data', join(dir, 'data'));
}

const unread = [
  ['that an older version made', makeOlder, older],
  ['that nobody may look into', makeClosed, 'data directory'],
] as const;

describe('where the people cannot be read, as in a data directory', () => {
  it.each(unread)(
    '%s, plan and drift show the rooms, and say why not more',
    async (_what, spoil, why) => {
      const house = await openDeploymentHouse();
      spoil(house);
      const plan = await house.run(['deployment', 'plan']);
      expect(plan).toMatchObject({
        exit: 2,
        out: expect.stringContaining('general: make the room'),
      });
      expect(plan.err).toContain('The people cannot be read');
      expect(plan.err).toContain(why);
      const json = await house.run(['deployment', 'plan', '--json']);
      expect(JSON.parse(json.out)).toMatchObject({ people: null, findings: [] });
      const drift = await house.run(['deployment', 'drift']);
      expect(drift).toMatchObject({ exit: 2, err: plan.err });
      expect(drift.out).toMatch(/^general +enforce/m);
    },
  );

  it.each(unread)(
    '%s, a file without people is planned as if nothing was there',
    async (_what, spoil) => {
      const house = await openDeploymentHouse();
      house.write(rooms);
      spoil(house);
      const { err, exit } = await house.run(['deployment', 'plan']);
      expect({ err, exit }).toEqual({ err: '', exit: 2 });
    },
  );

  it('that an older version made, the exit code is that of the rooms', async () => {
    const house = await openDeploymentHouse();
    await house.run(['deployment', 'apply']);
    writeFileSync(join(house.dir, 'data', 'outbox.db'), 'no database');
    for (const command of ['plan', 'drift']) {
      const { err, exit } = await house.run(['deployment', command]);
      expect({ err, exit }).toEqual({ err: expect.stringContaining('cannot be read'), exit: 0 });
    }
  });
});

describe('an apply', () => {
  it('of a file without people brings an older database up to date, and ends well', async () => {
    const house = await openDeploymentHouse();
    house.write(rooms);
    makeOlder(house);
    expect(await house.run(['deployment', 'apply'])).toMatchObject({
      exit: 0,
      err: 'The bot was registered.\n',
      out: expect.stringMatching(/steps? (was|were) taken\.\n$/),
    });
    expect(await house.run(['deployment', 'apply'])).toMatchObject({ exit: 0, err: '' });
  });

  it.each([
    ['with people', {}],
    ['without people', rooms],
  ])('of a file %s tells how the rooms stand where the people fail', async (_what, file) => {
    const house = await openDeploymentHouse();
    house.write(file);
    mkdirSync(join(house.dir, 'data'));
    writeFileSync(join(house.dir, 'data', 'outbox.db'), 'no database');
    const { out, err, exit } = await house.run(['deployment', 'apply', '--json']);
    expect(exit).toBe(74);
    expect(JSON.parse(out)).toMatchObject({
      taken: expect.arrayContaining([expect.objectContaining({ room: 'space' })]),
      remaining: [],
      findings: [],
      people: null,
    });
    expect(err).toContain('The people were not brought to what the file says.');
    const again = await house.run(['deployment', 'apply']);
    expect(again).toMatchObject({ exit: 74, out: 'Nothing was to do.\n' });
  });
});

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openDeploymentHouse } from './deployment-house.contract.ts';

const noise = 'The bot was registered.\n';

describe('bellhop deployment', () => {
  it('plans, applies, and has nothing left to do', async () => {
    const house = await openDeploymentHouse();
    const planned = await house.run(['deployment', 'plan']);
    expect(planned).toMatchObject({ exit: 2, err: '' });
    expect(planned.out).toContain('general: make the room');
    const applied = await house.run(['deployment', 'apply']);
    expect(applied).toMatchObject({ exit: 0, err: noise });
    expect(applied.out).toMatch(/^done {2}space: make the room/);
    expect(applied.out).toMatch(/\n\d+ steps were taken\.\nPeople: 0 applied, 2 waiting\.\n$/);
    expect(await house.run(['deployment', 'plan'])).toEqual({
      out: 'Nothing to do.\n',
      err: '',
      exit: 0,
    });
    expect(await house.run(['deployment', 'apply'])).toMatchObject({ exit: 0, err: '' });
    expect(await house.run(['deployment', 'drift'])).toMatchObject({ out: 'No drift.\n', exit: 0 });
  });

  it('prints plan, apply and drift as JSON too', async () => {
    const house = await openDeploymentHouse();
    const plan = JSON.parse((await house.run(['deployment', 'plan', '--json'])).out) as unknown;
    expect(plan).toMatchObject({
      steps: expect.arrayContaining([expect.objectContaining({ kind: 'create', room: 'general' })]),
      findings: [],
    });
    const drift = (await house.run(['deployment', 'drift', '--json'])).out.split('\n');
    expect(drift.slice(0, 2).map((line) => JSON.parse(line) as unknown)).toMatchObject([
      { bot: '@bot:hs.test', treatment: 'enforce' },
      { room: 'space', treatment: 'enforce' },
    ]);
    const end = JSON.parse((await house.run(['deployment', 'apply', '--json'])).out) as unknown;
    expect(end).toMatchObject({ remaining: [], findings: [] });
  });

  it('shows progress on a terminal, and the result alone on standard output', async () => {
    const house = await openDeploymentHouse();
    let err = '';
    const stderr = { isTTY: true, write: (text: string) => (err += text) };
    const { out, exit } = await house.run(['deployment', 'apply'], { stderr });
    expect(exit).toBe(0);
    expect(out).toMatch(/^\d+ steps were taken\.\nPeople: 0 applied, 2 waiting\.\n$/);
    expect(err).toContain('done  general: make the room');
  });

  it('lets the people of the file in, and says of whom before', async () => {
    const house = await openDeploymentHouse();
    house.write({ people: {} });
    expect((await house.run(['deployment', 'apply'])).out).not.toContain('People');
    for (const name of ['anna', 'bert']) house.homeserver.createUser(name);
    house.write({});
    const planned = await house.run(['deployment', 'plan']);
    expect(planned).toEqual({
      out: 'people.anna: let in as member\npeople.bert: let in as admin\n',
      err: '',
      exit: 2,
    });
    const plan = JSON.parse((await house.run(['deployment', 'plan', '--json'])).out) as unknown;
    expect(plan).toMatchObject({ steps: [], people: [{ id: 'anna', kind: 'let_in' }, {}] });
    const drift = await house.run(['deployment', 'drift']);
    expect(drift.exit).toBe(2);
    expect(drift.out).toMatch(/^\(people\) +anna +enforce +let in as member$/m);
    const applied = await house.run(['deployment', 'apply', '--json']);
    expect(applied).toMatchObject({ err: '', exit: 0 });
    expect(JSON.parse(applied.out)).toMatchObject({ people: { applied: 2, owed: [] } });
    expect(await house.run(['deployment', 'plan'])).toMatchObject({
      out: 'Nothing to do.\n',
      exit: 0,
    });
    expect(await house.run(['deployment', 'drift'])).toMatchObject({ out: 'No drift.\n', exit: 0 });
    const writes = () => house.homeserver.requests.filter(({ method }) => method !== 'GET').length;
    const before = writes();
    expect(await house.run(['deployment', 'apply'])).toMatchObject({
      out: 'Nothing was to do in the rooms.\nPeople: 2 applied.\n',
      exit: 0,
    });
    expect(writes()).toBe(before);
  });

  it('lets go whose name was taken off the list, once the revocation has settled', async () => {
    const house = await openDeploymentHouse();
    for (const name of ['anna', 'bert']) house.homeserver.createUser(name);
    expect(await house.run(['deployment', 'apply'])).toMatchObject({ exit: 0 });
    house.write({ people: { list: { anna: null }, guard: { settle: '1s' } } });
    const applied = await house.run(['deployment', 'apply']);
    expect(applied).toMatchObject({
      out: 'Nothing was to do in the rooms.\nPeople: 2 applied.\n',
      exit: 0,
    });
    expect((await house.run(['people', 'show', 'bert'])).out).toMatch(/^standing: +revoked$/m);
  });

  it('says before an apply whom it lets go, and exits with 2 while somebody is held', async () => {
    const house = await openDeploymentHouse();
    const names = ['anna', 'bert', 'carl', 'dora', 'emil'];
    house.write({ people: { list: Object.fromEntries(names.map((name) => [name, null])) } });
    for (const name of names) house.homeserver.createUser(name);
    expect(await house.run(['deployment', 'apply'])).toMatchObject({ exit: 0 });
    house.write({ people: { list: {} } });
    const planned = await house.run(['deployment', 'plan']);
    expect(planned.exit).toBe(2);
    expect(planned.out).toContain('people.emil: let go, as the name was taken off the list\n');
    const applied = await house.run(['deployment', 'apply']);
    expect(applied.exit).toBe(2);
    expect(applied.out).toMatch(/^left {2}people\.anna: held/m);
    expect(applied.out).toMatch(/People: 0 applied, 5 held\.\n$/);
    const drift = await house.run(['deployment', 'drift', '--json']);
    expect(JSON.parse(drift.out.split('\n')[0] ?? '')).toMatchObject({
      person: 'anna',
      treatment: 'unfixable',
    });
  });

  it('names all mistakes of a file with their places, and looks no further', async () => {
    const house = await openDeploymentHouse();
    writeFileSync(
      join(house.dir, 'wrong.yaml'),
      'homeserver: http://h\nserver_name: h\nbot: { username: b, token_file: t }\nrooms:\n  a: { topic: 5 }\npeople:\n  drift: never\n',
    );
    const { err, exit } = await house.run(['deployment', 'plan', 'wrong.yaml']);
    expect(exit).toBe(1);
    expect(err).toContain('wrong.yaml:5:15: rooms.a.topic: must be text');
    expect(err).toContain('wrong.yaml:7:10: people.drift: must be one of: enforce, once');
    expect(await house.run(['deployment', 'apply', 'wrong.yaml'])).toMatchObject({ exit: 78 });
    expect(house.homeserver.requests).toEqual([]);
  });

  it('does not wait for a homeserver that is away', async () => {
    const house = await openDeploymentHouse();
    await house.homeserver.goAway();
    expect(await house.run(['deployment', 'plan'])).toMatchObject({ exit: 1 });
    expect(await house.run(['deployment', 'apply'])).toMatchObject({ exit: 69 });
  });

  it('says what to do when the registration secret is wrong', async () => {
    const house = await openDeploymentHouse();
    writeFileSync(join(house.dir, 'secret'), 'another');
    const { err, exit } = await house.run(['deployment', 'apply']);
    expect(exit).toBe(77);
    expect(err).toContain('registration');
  });

  it('shows a schema that knows rooms and people', async () => {
    const house = await openDeploymentHouse();
    const { out } = await house.run(['deployment', 'schema']);
    const schema = JSON.parse(out) as { properties: Record<string, { properties?: object }> };
    expect(Object.keys(schema.properties)).toContain('rooms');
    expect(Object.keys(schema.properties['people']?.properties ?? {})).toContain('list');
  });
});

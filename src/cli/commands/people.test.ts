import { describe, expect, it } from 'vitest';
import type { CliContext } from '../context.ts';
import { type DeploymentHouse, openDeploymentHouse } from './deployment-house.contract.ts';

/** A daemon in this process. The returned function stops it. */
async function serve(house: DeploymentHouse): Promise<() => Promise<void>> {
  const started = Promise.withResolvers<void>();
  const listeners = new Map<string, () => void>();
  const onSignal: CliContext['onSignal'] = (name, listener) => {
    listeners.set(name, listener);
    return () => listeners.delete(name);
  };
  const write = (text: string): void => {
    if (text.includes('"configuration_loaded"')) started.resolve();
  };
  const ended = house.run(['serve'], { onSignal, stderr: { write } });
  await Promise.race([started.promise, ended]);
  return async () => {
    listeners.get('SIGTERM')?.();
    expect(await ended).toMatchObject({ exit: 0 });
  };
}

describe('bellhop people', () => {
  it('brings rooms and people to what the file says, without a daemon', async () => {
    const house = await openDeploymentHouse();
    expect(await house.run(['people', 'list'])).toEqual({
      out: '',
      err: `Nobody is written down in ${house.dir}/data yet. The deployment file names 2: \`bellhop people sync\` lets them in.\n`,
      exit: 0,
    });
    const failed = await house.run(['people', 'list', '--state', 'failed']);
    expect(failed).toEqual({ out: '', err: '', exit: 0 });
    house.homeserver.createUser('anna');
    const synced = await house.run(['people', 'sync']);
    expect(synced).toMatchObject({ out: '1 applied, 1 waiting.\n', exit: 0 });
    const rows = (await house.run(['people', 'list'])).out.split('\n');
    expect(rows[1]).toMatch(/^anna +active +member +applied/);
    expect(rows[2]).toMatch(/^bert +active +admin +waiting/);
    house.homeserver.createUser('bert');
    expect(await house.run(['people', 'sync', '--json'])).toMatchObject({
      out: '{"people":{"pending":0,"applied":2,"waiting":0,"failed":0,"held":0}}\n',
    });
  });

  it('shows all about a person, also as JSON, and the audit log', async () => {
    const house = await openDeploymentHouse();
    house.homeserver.createUser('anna');
    await house.run(['people', 'sync']);
    const { out } = await house.run(['people', 'show', 'Anna', '--history']);
    expect(out).toMatch(/^id: +anna\n/);
    expect(out).toMatch(/user id: +@anna:/);
    expect(out).toContain('AT');
    const json = JSON.parse((await house.run(['people', 'show', 'anna', '--json'])).out) as object;
    expect(json).toMatchObject({ id: 'anna', standing: 'active', source: 'deployment file' });
    expect(await house.run(['people', 'show', 'nobody'])).toMatchObject({ exit: 65 });
  });

  it('lets held revocations go on once they are approved', async () => {
    const house = await openDeploymentHouse();
    const people = Object.fromEntries(
      ['anna', 'bert', 'carl', 'dora', 'emil'].map((name) => [name, null]),
    );
    house.write({ people: { list: people } });
    for (const name of Object.keys(people)) house.homeserver.createUser(name);
    expect(await house.run(['people', 'sync'])).toMatchObject({ out: '5 applied.\n', exit: 0 });
    house.write({ people: { list: {} } });
    expect(await house.run(['people', 'sync'])).toMatchObject({
      out: '0 applied, 5 held.\n',
      exit: 2,
    });
    expect(await house.run(['people', 'approve', 'anna', 'bert'])).toMatchObject({
      out: 'approved anna\napproved bert\n',
      exit: 0,
    });
    expect(await house.run(['people', 'approve', 'anna'])).toMatchObject({ exit: 65 });
    const synced = await house.run(['people', 'sync']);
    expect(synced).toMatchObject({ out: '2 applied, 3 held.\n', exit: 2 });
  });

  it('has a running daemon bring it about, which alone changes the rooms', async () => {
    const house = await openDeploymentHouse();
    house.homeserver.createUser('anna');
    const stop = await serve(house);
    try {
      const synced = await house.run(['people', 'sync']);
      expect(synced).toMatchObject({ out: '1 applied, 1 waiting.\n', exit: 0 });
      expect(await house.run(['deployment', 'apply'])).toMatchObject({ exit: 73 });
      expect(await house.run(['deployment', 'plan'])).toMatchObject({ exit: 0 });
    } finally {
      await stop();
    }
  });

  it('leaves the people of a homeserver that is away for later', async () => {
    const house = await openDeploymentHouse();
    await house.homeserver.goAway();
    expect(await house.run(['people', 'sync'])).toMatchObject({ exit: 69 });
    expect((await house.run(['people', 'list', '--state', 'pending'])).out).toContain('anna');
  });
});

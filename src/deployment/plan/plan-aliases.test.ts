import { describe, expect, it } from 'vitest';
import type { RoomId } from '../../matrix/ids.ts';
import { deploymentOf, SimulatedHomeserver } from '../simulated-homeserver.contract.ts';
import type { Plan } from './plan.ts';
import { planDeployment } from './plan-deployment.ts';

const bert = '@bert:example.org';
const lobby = '#lobby:example.org';

const planOf = (homeserver: SimulatedHomeserver, file: object): Plan => {
  const deployment = deploymentOf(file);
  return planDeployment(deployment, homeserver.observe(deployment));
};

function settle(homeserver: SimulatedHomeserver, file: object): void {
  for (let look = 0; look < 3; look++) homeserver.take(planOf(homeserver, file).steps);
}

/** A room of somebody else under the alias. */
function withLobby(homeserver: SimulatedHomeserver): RoomId {
  const roomId = homeserver.add(bert, [['m.room.power_levels', '', { users: { [bert]: 100 } }]]);
  homeserver.aliases.set(lobby, roomId);
  return roomId;
}

const general = (more: object): object => ({ rooms: { general: { alias: 'general', ...more } } });

describe("an alias that leads to somebody else's room", () => {
  it.each([
    ['a further one of a new room', false, general({ aliases: ['lobby'] })],
    ['a further one of a room that is there', true, general({ aliases: ['lobby'] })],
    ['that of a room that is there', true, general({ alias: 'lobby' })],
    ['one where rooms may be adopted', true, general({ alias: 'lobby', if_taken: 'adopt' })],
  ])('stays there, and is told with the way out: %s', (_, isThere, file) => {
    const homeserver = new SimulatedHomeserver('11');
    if (isThere) settle(homeserver, general({}));
    const theirs = withLobby(homeserver);
    const plan = planOf(homeserver, file);
    expect(plan.findings).toContainEqual(
      expect.objectContaining({
        kind: 'unfixable',
        key: 'general',
        reason: expect.stringContaining(`${lobby} leads to ${theirs}, which ${bert} made`),
        wayOut: expect.stringContaining('if_taken: replace'),
      }),
    );
    settle(homeserver, file);
    expect(homeserver.aliases.get(lobby)).toBe(theirs);
    expect(homeserver.rooms.size).toBe(2);
    expect(planOf(homeserver, file).steps).toEqual([]);
  });

  it('is moved where the file says so', () => {
    const homeserver = new SimulatedHomeserver('11');
    settle(homeserver, general({}));
    const ours = homeserver.aliases.get('#general:example.org');
    withLobby(homeserver);
    settle(homeserver, general({ aliases: ['lobby'], if_taken: 'replace' }));
    expect(homeserver.aliases.get(lobby)).toBe(ours);
  });

  it('makes no room that would be without it', () => {
    const homeserver = new SimulatedHomeserver('11');
    settle(homeserver, general({}));
    const ours = homeserver.aliases.get('#general:example.org') as RoomId;
    homeserver.set(ours, 'm.room.tombstone', '', {}, bert);
    withLobby(homeserver);
    const deployment = deploymentOf(general({ alias: 'lobby' }));
    const observed = homeserver.observe(deployment);
    const found = observed.rooms.get('general');
    if (found === undefined) throw new Error('no room');
    const rooms = new Map([['general', { ...found, end: 'closed' as const }]]);
    const plan = planDeployment(deployment, { ...observed, rooms });
    expect(plan).toMatchObject({ steps: [], findings: [{ kind: 'unfixable', key: 'general' }] });
  });
});

it("an alias that was the room's leads back to it, wherever somebody moved it", () => {
  const homeserver = new SimulatedHomeserver('11');
  const file = general({ aliases: ['lobby'] });
  settle(homeserver, file);
  const ours = homeserver.aliases.get(lobby);
  for (const alias of [lobby, '#general:example.org']) {
    homeserver.aliases.delete(alias);
    homeserver.aliases.set(alias, homeserver.add(bert, []));
    expect(planOf(homeserver, file).findings).toEqual([]);
    settle(homeserver, file);
    expect(homeserver.aliases.get(alias)).toBe(ours);
  }
});

it('an alias that the file gave up is no longer taken back', () => {
  const homeserver = new SimulatedHomeserver('11');
  settle(homeserver, general({ aliases: ['lobby'] }));
  settle(homeserver, general({}));
  withLobby(homeserver);
  expect(planOf(homeserver, general({ aliases: ['lobby'] })).findings).toHaveLength(1);
});

it('an alias that another room of the deployment had is moved', () => {
  const homeserver = new SimulatedHomeserver('11');
  settle(homeserver, { rooms: { one: { alias: 'one' }, two: { alias: 'two' } } });
  const one = homeserver.aliases.get('#one:example.org');
  settle(homeserver, { rooms: { one: { alias: 'two' }, two: { alias: 'other' } } });
  expect(homeserver.aliases.get('#two:example.org')).toBe(one);
});

describe('a second deployment of the same bot', () => {
  const first = { rooms: { general: { alias: 'general', aliases: ['hall'] } } };

  it('takes neither rooms nor aliases of the first, and says why', () => {
    const homeserver = new SimulatedHomeserver('11');
    settle(homeserver, first);
    const before = new Map(homeserver.aliases);
    const second = { ...first, name: 'second' };
    const plan = planOf(homeserver, second);
    expect(plan).toMatchObject({
      steps: [],
      findings: [
        {
          kind: 'unfixable',
          key: 'general',
          reason: expect.stringContaining('is a room of another deployment'),
        },
      ],
    });
    settle(homeserver, { ...second, rooms: { other: { aliases: ['hall'], alias: 'other' } } });
    expect(homeserver.aliases.get('#hall:example.org')).toBe(before.get('#hall:example.org'));
  });

  it('takes them where its file says so', () => {
    const homeserver = new SimulatedHomeserver('11');
    settle(homeserver, first);
    const rooms = { general: { ...first.rooms.general, if_taken: 'replace' } };
    const second = { name: 'second', rooms };
    const [step] = planOf(homeserver, second).steps;
    expect(step).toMatchObject({ kind: 'free_alias' });
    expect(step?.why).toContain('is a room of another deployment');
    settle(homeserver, second);
    expect(homeserver.rooms.size).toBe(2);
    expect(planOf(homeserver, second).steps).toEqual([]);
  });
});

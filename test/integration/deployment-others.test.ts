import { afterAll, beforeAll, expect, it } from 'vitest';
import { createRoom } from '../../src/matrix/rooms.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { type DeploymentStage, openDeploymentStage, roomOf } from './parts/deployment-stage.ts';
import { soon } from './parts/synapse-people.ts';

await describeWithSynapse('a deployment beside what others do', () => {
  let stage: DeploymentStage;

  beforeAll(async () => {
    stage = await openDeploymentStage();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  it('takes nothing from another deployment of its bot', async () => {
    const file = { space: { alias: 'first' }, rooms: { general: { alias: 'general' } } };
    const first = await stage.apply(file);
    const second = await stage.apply({ ...file, name: 'second' });
    expect(second.taken).toEqual([]);
    expect(second.findings.map(({ kind, reason }) => [kind, reason])).toEqual([
      ['unfixable', expect.stringContaining('is a room of another deployment')],
      ['unfixable', expect.stringContaining('is a room of another deployment')],
    ]);
    expect(await stage.plan(file)).toMatchObject({ steps: [], findings: [] });
    expect(await stage.aliasLeadsTo('general')).toBe(roomOf(first, 'general'));
  });

  it("takes no further alias from somebody else's room", async () => {
    const bert = await stage.people.arrive('bert');
    const theirs = await createRoom(bert, { aliasLocalpart: 'lobby' }, soon());
    const file = { name: 'hall', rooms: { hall: { alias: 'hall', aliases: ['lobby', 'foyer'] } } };
    const applied = await stage.apply(file);
    expect(applied).toMatchObject({ converged: true, findings: [{ field: 'alias' }] });
    expect(applied.taken.filter(({ problem }) => problem !== undefined)).toEqual([]);
    expect(await stage.aliasLeadsTo('lobby')).toBe(theirs);
    expect(await stage.aliasLeadsTo('foyer')).toBe(roomOf(applied, 'hall'));
    const { writes } = stage.homeserver;
    expect(await stage.apply(file)).toMatchObject({ converged: true, taken: [] });
    expect(stage.homeserver.writes).toBe(writes);
  });

  it.each(['11', '12'])(
    'tells the levels that it does not name and somebody gave, in version %s',
    async (version) => {
      const name = `levels-${version}`;
      const rooms = { general: { alias: name, power_levels: { kick: 60 } } };
      const file = { name, room_version: version, rooms };
      const { deploymentRooms } = await stage.apply(file);
      expect(await stage.plan(file)).toMatchObject({ steps: [], findings: [] });
      const { userId } = await stage.people.arrive('person');
      await deploymentRooms.changeLevels('general', new Map([[userId, 70]]), soon());
      expect(await stage.plan(file)).toMatchObject({
        steps: [],
        findings: [{ kind: 'drift', reason: expect.stringContaining(`${userId} has level 70`) }],
      });
    },
  );
});

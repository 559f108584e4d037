import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { AppliedDeployment } from '../../src/deployment/deployment.ts';
import { markerType } from '../../src/deployment/observed/marker.ts';
import { encodePath } from '../../src/matrix/encode-path.ts';
import { parseRoomAlias, type RoomId, type UserId } from '../../src/matrix/ids.ts';
import { banUser, kickUser } from '../../src/matrix/membership.ts';
import { putAlias } from '../../src/matrix/room-aliases.ts';
import { createRoom } from '../../src/matrix/rooms.ts';
import type { Session } from '../../src/matrix/session.ts';
import { sessionCallWith } from '../../src/matrix/session-call.ts';
import { putState } from '../../src/matrix/state.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { type DeploymentStage, openDeploymentStage, roomOf } from './parts/deployment-stage.ts';
import { soon } from './parts/synapse-people.ts';

/** A deployment of its own for each test, in a room version. */
function fileFor(name: string, version: string, more: Record<string, object> = {}): object {
  return {
    name,
    room_version: version,
    space: { alias: `${name}-space`, name, join_rule: 'invite' },
    rooms: {
      admin: { alias: `${name}-admin`, name: 'Admin', join_rule: 'invite', calls: 'everyone' },
      general: { alias: `${name}-general`, topic: 'Work', calls: 'everyone', ...more['general'] },
      help: {
        alias: `${name}-help`,
        encryption: false,
        pinned: 'Ask here.',
        suggested: true,
        order: 'h',
        ...more['help'],
      },
    },
  };
}

await describeWithSynapse('a deployment on a Synapse', () => {
  let stage: DeploymentStage;
  let names = 0;

  beforeAll(async () => {
    stage = await openDeploymentStage();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  describe.each(['10', '11', '12'])('in room version %s', (version) => {
    const next = (): string => `d${version}-${names++}`;

    /** Lets a user into a room with this level. */
    const promote = async (roomId: RoomId, userId: UserId, level: number): Promise<void> => {
      const session = await stage.session();
      const view = await stage.view(roomId);
      const users = { ...(view.powerLevels?.['users'] as object), [userId]: level };
      const content = { ...view.powerLevels, users };
      await putState(session, roomId, 'm.room.power_levels', '', content, soon());
    };

    const enter = async (applied: AppliedDeployment, key: string): Promise<Session> => {
      const person = await stage.people.arrive('person');
      const people = await applied.deploymentRooms.read(key, soon());
      if (people === undefined) throw new Error(`There is no room ${key}.`);
      expect(await applied.deploymentRooms.join(people, person.userId, soon())).toEqual({
        kind: 'done',
      });
      return person;
    };

    it('rooms are made complete, and a second apply writes nothing', async () => {
      const file = fileFor(next(), version);
      const first = await stage.apply(file);
      expect(first.taken.filter(({ problem }) => problem !== undefined)).toEqual([]);
      expect(first).toMatchObject({ converged: true, findings: [] });
      const general = await stage.view(roomOf(first, 'general'));
      expect(general.version).toBe(version);
      expect(general.federates).toBe(false);
      expect(general.content('m.room.encryption')).toEqual({ algorithm: 'm.megolm.v1.aes-sha2' });
      expect(general.content('m.room.join_rules')).toMatchObject({
        join_rule: 'restricted',
        allow: [{ type: 'm.room_membership', room_id: roomOf(first, 'space') }],
      });
      expect(general.powerLevels?.['events']).toMatchObject({
        'm.room.server_acl': 100,
        'org.matrix.msc3401.call': 0,
      });
      const space = await stage.view(roomOf(first, 'space'));
      expect(space.isSpace).toBe(true);
      expect([...space.contentsOf('m.space.child').keys()].sort()).toEqual(
        ['admin', 'general', 'help'].map((key) => roomOf(first, key)).sort(),
      );
      const { writes } = stage.homeserver;
      const second = await stage.apply(file);
      expect(second).toMatchObject({ converged: true, taken: [], findings: [] });
      expect(stage.homeserver.writes).toBe(writes);
    });

    it('what somebody changed by hand is set again, left, or told, as the file says', async () => {
      const name = next();
      const drift = { topic: 'once', history_visibility: 'ignore' };
      const file = fileFor(name, version, { general: { join_rule: 'restricted', drift } });
      const applied = await stage.apply(file);
      const roomId = roomOf(applied, 'general');
      const session = await stage.session();
      const set = async (type: string, content: object): Promise<void> => {
        await putState(session, roomId, type, '', { ...content }, soon());
      };
      await set('m.room.topic', { topic: 'Other' });
      await set('m.room.history_visibility', { history_visibility: 'shared' });
      await set('m.room.join_rules', { join_rule: 'public' });
      await set('m.room.name', { name: 'by hand' });
      const plan = await stage.plan(file);
      expect(plan.steps).toMatchObject([{ kind: 'set', field: 'join_rule' }]);
      expect(plan.findings.map(({ kind, field }) => [kind, field])).toEqual([
        ['drift', 'name'],
        ['drift', 'topic'],
      ]);
      expect(await stage.apply(file)).toMatchObject({ converged: true });
      const view = await stage.view(roomId);
      expect(view.content('m.room.join_rules')).toMatchObject({ join_rule: 'restricted' });
      expect(view.content('m.room.topic')).toMatchObject({ topic: 'Other' });
    });

    it('a renamed room keeps its id, and a new file entry is another room', async () => {
      const name = next();
      const before = await stage.apply(fileFor(name, version));
      const file = fileFor(name, version, {
        general: { alias: `${name}-renamed`, name: 'Renamed' },
      });
      const after = await stage.apply(file);
      expect(after.converged).toBe(true);
      expect(roomOf(after, 'general')).toBe(roomOf(before, 'general'));
      expect(await stage.aliasLeadsTo(`${name}-renamed`)).toBe(roomOf(before, 'general'));
    });

    it('the bot that left or was banned comes back with the power it had', async () => {
      const file = fileFor(next(), version);
      const applied = await stage.apply(file);
      const roomId = roomOf(applied, 'general');
      const person = await enter(applied, 'general');
      await promote(roomId, person.userId, 100);
      const power = (await stage.view(roomId)).powerOf(stage.botUserId);
      const bot = await stage.session();
      await sessionCallWith(
        bot,
        'POST',
        encodePath`/_matrix/client/v3/rooms/${roomId}/leave`,
        {},
        soon(),
      );
      expect(await stage.apply(file)).toMatchObject({ converged: true });
      const view = await stage.view(roomId);
      expect(view.membershipOf(stage.botUserId)).toBe('join');
      expect(view.powerOf(stage.botUserId)).toBe(power);
    });

    it('the bot that is banned from an adopted room comes back, and says what it cannot do', async () => {
      const name = next();
      const owner = await stage.people.arrive('owner');
      const room = { aliasLocalpart: `${name}-general`, roomVersion: version };
      const roomId = await createRoom(owner, room, soon());
      const file = fileFor(name, version, { general: { if_taken: 'adopt' } });
      expect(await stage.apply(file)).toMatchObject({ converged: true });
      await promote(roomId, stage.botUserId, 50);
      const target = { userId: stage.botUserId };
      await kickUser(owner, roomId, target, soon());
      await banUser(owner, roomId, target, soon());
      const back = await stage.apply(file);
      expect(back).toMatchObject({ converged: true });
      expect((await stage.view(roomId)).powerOf(stage.botUserId)).toBe(100);
      const demotion = new Map([[owner.userId, undefined]]);
      const refused = await back.deploymentRooms.changeLevels('general', demotion, soon());
      expect(refused).toMatchObject({ written: false, refused: [{ userId: owner.userId }] });
      expect(back.findings).toContainEqual(
        expect.objectContaining({ kind: 'note', field: 'power_levels' }),
      );
    });

    it('a closed room is followed when both ends agree, and made anew when not', async () => {
      const file = fileFor(next(), version);
      const applied = await stage.apply(file);
      const session = await stage.session();
      const general = roomOf(applied, 'general');
      const help = roomOf(applied, 'help');
      const path = encodePath`/_matrix/client/v3/rooms/${general}/upgrade`;
      const answer = await sessionCallWith(session, 'POST', path, { new_version: version }, soon());
      const upgraded = answer.object['replacement_room'];
      const tombstone = { body: 'gone', replacement_room: roomOf(applied, 'admin') };
      await putState(session, help, 'm.room.tombstone', '', tombstone, soon());
      const after = await stage.apply(file);
      expect(after).toMatchObject({ converged: true });
      expect(roomOf(after, 'general')).toBe(upgraded);
      expect(roomOf(after, 'help')).not.toBe(help);
      expect(roomOf(after, 'admin')).toBe(roomOf(applied, 'admin'));
      const space = await stage.view(roomOf(after, 'space'));
      expect(space.content('m.space.child', general)).toEqual({});
      expect(space.content('m.space.child', help)).toEqual({});
      expect(await stage.plan(file)).toMatchObject({ steps: [] });
    });

    it('a space that is upgraded takes its rooms along', async () => {
      const file = fileFor(next(), version);
      const applied = await stage.apply(file);
      const path = encodePath`/_matrix/client/v3/rooms/${roomOf(applied, 'space')}/upgrade`;
      await sessionCallWith(await stage.session(), 'POST', path, { new_version: version }, soon());
      const after = await stage.apply(file);
      expect(after).toMatchObject({ converged: true });
      const space = roomOf(after, 'space');
      expect(space).not.toBe(roomOf(applied, 'space'));
      const general = await stage.view(roomOf(after, 'general'));
      expect(general.content('m.room.join_rules')).toMatchObject({ allow: [{ room_id: space }] });
      expect(general.content('m.space.parent', space)).toMatchObject({ canonical: true });
    });

    it('an alias that leads to a dead room is moved to a new one', async () => {
      const name = next();
      const ghost = await stage.people.arrive('ghost');
      const dead = await createRoom(ghost, { aliasLocalpart: `${name}-general` }, soon());
      await sessionCallWith(
        ghost,
        'POST',
        encodePath`/_matrix/client/v3/rooms/${dead}/leave`,
        {},
        soon(),
      );
      const applied = await stage.apply(fileFor(name, version));
      expect(applied.converged).toBe(true);
      expect(await stage.aliasLeadsTo(`${name}-general`)).toBe(roomOf(applied, 'general'));
    });

    it("somebody else's room under the alias is refused, adopted or replaced, as the file says", async () => {
      const name = next();
      const stranger = await stage.people.arrive('stranger');
      const theirs = await createRoom(
        stranger,
        { aliasLocalpart: `${name}-general`, roomVersion: version, name: 'Theirs' },
        soon(),
      );
      const refused = await stage.apply(fileFor(name, version));
      expect(refused.findings).toMatchObject([{ kind: 'unfixable', key: 'general' }]);
      expect(refused.rooms.has('general')).toBe(false);
      const adopted = await stage.apply(fileFor(name, version, { general: { if_taken: 'adopt' } }));
      expect(adopted.converged).toBe(true);
      expect(roomOf(adopted, 'general')).toBe(theirs);
      const view = await stage.view(theirs);
      expect(view.content(markerType)).toMatchObject({ key: 'general' });
      expect(adopted.findings.filter(({ kind }) => kind === 'unfixable')).toEqual([]);
    });

    it('an alias that was moved away leads back', async () => {
      const name = next();
      const file = fileFor(name, version);
      const applied = await stage.apply(file);
      const session = await stage.session();
      const alias = parseRoomAlias(`#${name}-general:${stage.synapse.serverName}`);
      if (alias === undefined) throw new Error('no alias');
      await sessionCallWith(
        session,
        'DELETE',
        encodePath`/_matrix/client/v3/directory/room/${alias}`,
        {},
        soon(),
      );
      const thief = await stage.people.arrive('thief');
      const trap = await createRoom(thief, {}, soon());
      await putAlias(thief, alias, trap, soon());
      const after = await stage.apply(file);
      expect(after).toMatchObject({ converged: true });
      expect(await stage.aliasLeadsTo(`${name}-general`)).toBe(roomOf(applied, 'general'));
    });

    it('levels and memberships of people go by difference', async () => {
      const applied = await stage.apply(fileFor(next(), version));
      const rooms = applied.deploymentRooms;
      const person = await enter(applied, 'general');
      const { userId } = person;
      const none = stage.userId('nobody-at-all');
      const before = await rooms.read('general', soon());
      if (before === undefined) throw new Error('no room');
      expect(await rooms.join(before, none, soon())).toEqual({ kind: 'no_such_user' });
      const [one, two] = await Promise.all([
        rooms.changeLevels('general', new Map([[userId, 100]]), soon()),
        rooms.changeLevels('general', new Map([[none, 50]]), soon()),
      ]);
      expect([one, two]).toEqual([
        { written: true, refused: [] },
        { written: true, refused: [] },
      ]);
      const promoted = await rooms.read('general', soon());
      expect(promoted?.levelOf(userId)).toBe(100);
      expect(promoted?.levelOf(none)).toBe(50);
      const { writes } = stage.homeserver;
      expect(await rooms.changeLevels('general', new Map([[userId, 100]]), soon())).toEqual({
        written: false,
        refused: [],
      });
      expect(stage.homeserver.writes).toBe(writes);
      expect(
        await rooms.changeLevels(
          'general',
          new Map([
            [userId, undefined],
            [none, undefined],
          ]),
          soon(),
        ),
      ).toMatchObject({ written: true });
      const demoted = await rooms.read('general', soon());
      if (demoted === undefined) throw new Error('no room');
      expect(demoted.levels.has(userId)).toBe(false);
      expect(await rooms.kick(demoted, userId, 'out', soon())).toEqual({ kind: 'done' });
      expect(await rooms.kick(before, userId, 'out', soon())).toEqual({ kind: 'already' });
    });
  });
});

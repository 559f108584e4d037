import { afterAll, beforeAll, expect, it } from 'vitest';
import { encodePath } from '../../src/matrix/encode-path.ts';
import { TransportError } from '../../src/matrix/errors.ts';
import { createRoom, joinedRooms } from '../../src/matrix/rooms.ts';
import { sessionCallWith } from '../../src/matrix/session-call.ts';
import { describeWithSynapse } from '../synapse/describe-with-synapse.ts';
import { type DeploymentStage, openDeploymentStage } from './parts/deployment-stage.ts';
import { soon } from './parts/synapse-people.ts';

/** More calls than an apply of these rooms makes. */
const callsMax = 60;

const fileFor = (name: string): object => ({
  name,
  room_version: '12',
  space: { alias: `${name}-space` },
  rooms: { help: { alias: `${name}-help`, encryption: false, pinned: 'Ask here.' } },
});

await describeWithSynapse('a deployment whose process dies', () => {
  let stage: DeploymentStage;

  beforeAll(async () => {
    stage = await openDeploymentStage();
    await stage.session();
  });
  afterAll(async () => {
    await stage[Symbol.asyncDispose]();
  });

  /** Applies, and dies when the answer to the `fatal`th call has come; true: it got so far. */
  const dieAfter = async (file: object, fatal: number): Promise<boolean> => {
    const start = stage.homeserver.requests.length;
    let died = false;
    stage.homeserver.before = (_, count) => {
      if (count - start <= fatal) return;
      died = true;
      throw new TransportError('unreachable', 'GET /', 'this process is dead');
    };
    try {
      await stage.apply(file).catch((error: unknown) => {
        if (!(error instanceof TransportError)) throw error;
      });
    } finally {
      stage.homeserver.before = () => undefined;
    }
    return died;
  };

  /** The bot is in as many rooms as the file has, so that no run left another behind; then it leaves them. */
  const leaveAll = async (count: number, fatal: number): Promise<void> => {
    const session = await stage.session();
    const rooms = await joinedRooms(session, soon());
    expect(rooms, `after call ${fatal}`).toHaveLength(count);
    for (const roomId of rooms) {
      const path = encodePath`/_matrix/client/v3/rooms/${roomId}/leave`;
      await sessionCallWith(session, 'POST', path, {}, soon());
    }
  };

  it('after any of its calls is completed by the next, which then writes nothing', async () => {
    let fatal = 0;
    // A session is proven by two calls, which never fail here: the bot would wait for the homeserver.
    for (fatal = 2; fatal < callsMax; fatal++) {
      const name = `die-${fatal}`;
      const died = await dieAfter(fileFor(name), fatal);
      const next = await stage.apply(fileFor(name));
      expect(next, `after call ${fatal}`).toMatchObject({ converged: true, findings: [] });
      const { writes } = stage.homeserver;
      const last = await stage.apply(fileFor(name));
      expect(last, `after call ${fatal}`).toMatchObject({ converged: true, taken: [] });
      expect(stage.homeserver.writes).toBe(writes);
      expect(last.rooms).toEqual(next.rooms);
      await leaveAll(2, fatal);
      if (!died) break;
    }
    expect(fatal).toBeLessThan(callsMax);
  }, 300_000);

  it('two processes at once make one room for each alias', async () => {
    const applied = await Promise.all([stage.apply(fileFor('both')), stage.apply(fileFor('both'))]);
    const last = await stage.apply(fileFor('both'));
    expect(last.converged).toBe(true);
    expect(await stage.aliasLeadsTo('both-space')).toBe(last.rooms.get('space'));
    expect(await stage.aliasLeadsTo('both-help')).toBe(last.rooms.get('help'));
    for (const one of applied) expect(one.rooms.get('help')).toBe(last.rooms.get('help'));

    expect((await stage.view(last.rooms.get('help'))).membershipOf(stage.botUserId)).toBe('join');
  });

  it('makes a fresh deployment of five rooms in fewer calls than the 48 of its model', async () => {
    await using fresh = await openDeploymentStage();
    const rooms = ['admin', 'general', 'helpdesk', 'offtopic'].map((key) => [key, { alias: key }]);
    const file = { space: { alias: 'space' }, rooms: Object.fromEntries(rooms) };
    expect(await fresh.apply(file)).toMatchObject({ converged: true });
    expect(fresh.homeserver.requests.length).toBeLessThan(40);
    expect(fresh.homeserver.writes).toBeLessThanOrEqual(11);
  });

  it('makes the other rooms when one fails, says why, and makes that one next time', async () => {
    const file = {
      space: { alias: 'one-fails' },
      rooms: { bad: { alias: 'bad-room' }, good: { alias: 'good-room' } },
      name: 'one-fails',
    };
    stage.homeserver.before = ({ path, body }) => {
      if (!path.endsWith('/createRoom') || typeof body !== 'string' || !body.includes('bad-room'))
        return;
      throw new TransportError('interrupted', 'POST /createRoom', 'ECONNRESET');
    };
    const first = await stage.apply(file);
    stage.homeserver.before = () => undefined;
    expect(first.converged).toBe(false);
    expect([...first.rooms.keys()]).toEqual(['space', 'good']);
    expect(first.taken).toContainEqual({
      step: expect.objectContaining({ kind: 'create', key: 'bad' }),
      problem: expect.stringContaining('ECONNRESET'),
    });
    expect(await stage.apply(file)).toMatchObject({ converged: true });
  });

  it('completes the room that a refused creation leaves behind its alias', async () => {
    const session = await stage.session();
    const room = {
      roomVersion: '12',
      aliasLocalpart: 'half-made',
      preset: 'public_chat',
      powerLevelContentOverride: { users: { [stage.botUserId]: 200 } },
    } as const;
    await expect(createRoom(session, room, soon())).rejects.toMatchObject({ status: 400 });
    const left = await stage.aliasLeadsTo('half-made');
    const file = { name: 'half-made', rooms: { half: { alias: 'half-made' } } };
    const applied = await stage.apply(file);
    expect(applied).toMatchObject({ converged: true });
    const view = await stage.view(applied.rooms.get('half'));
    expect(view.content('m.room.encryption')).toMatchObject({ algorithm: 'm.megolm.v1.aes-sha2' });
    expect(view.content('m.room.join_rules')).toMatchObject({ join_rule: 'invite' });
    expect(view.content('m.room.power_levels')).toMatchObject({ state_default: 50 });
    expect(await stage.aliasLeadsTo('half-made')).toBe(applied.rooms.get('half'));
    expect(applied.rooms.get('half')).toBe(left);
  });

  it('says that a space is encrypted when the homeserver encrypts everything', async () => {
    await using all = await openDeploymentStage({
      encryption_enabled_by_default_for_room_type: 'all',
    });
    const applied = await all.apply({ space: { alias: 'space' } });
    expect(applied).toMatchObject({
      converged: true,
      findings: [{ kind: 'unfixable', key: 'space', field: 'encryption' }],
    });
  });
});

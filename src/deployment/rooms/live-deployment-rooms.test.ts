import { describe, expect, it } from 'vitest';
import type { RoomId, UserId } from '../../matrix/ids.ts';
import {
  type ScriptedAnswer,
  scriptedHomeserver,
} from '../../matrix/scripted-homeserver.contract.ts';
import { LiveDeploymentRooms } from './live-deployment-rooms.ts';
import { RoomLocks } from './room-locks.ts';
import type { RoomPeople } from './room-people.ts';

const bot = '@bot:x.org' as UserId;
const equal = '@equal:x.org' as UserId;
const person = '@person:x.org' as UserId;
const roomId = '!r' as RoomId;
const signal = new AbortController().signal;

const event = (type: string, stateKey: string, content: object, sender: string = bot) => ({
  type,
  state_key: stateKey,
  sender,
  content,
});

interface Stage {
  readonly version?: string;
  readonly creator?: UserId;
  readonly answer?: ScriptedAnswer;
  readonly membershipNow?: string;
}

/** A room with the bot and an equal at 100, and a person. */
function rooms({ version = '11', creator = bot, answer, membershipNow = 'join' }: Stage = {}) {
  const users = version === '12' ? { [equal]: 100 } : { [bot]: 100, [equal]: 100 };
  const state = [
    event('m.room.create', '', { room_version: version }, creator),
    event('m.room.power_levels', '', { users }),
    ...[bot, equal, person].map((id) => event('m.room.member', id, { membership: 'join' }, id)),
    event('m.room.member', '@banned:x.org', { membership: 'ban' }),
  ];
  const homeserver = scriptedHomeserver(({ method, path }) => {
    if (path.includes('/_synapse/admin/v1/rooms/')) return { json: { state } };
    if (method === 'GET') return { json: { membership: membershipNow } };
    return answer ?? { json: { event_id: '$e' } };
  });
  const live = new LiveDeploymentRooms({
    session: { homeserver, accessToken: 't', userId: bot, deviceId: 'D' },
    serverName: 'x.org',
    keys: ['a', 'b'],
    rooms: new Map([['a', roomId]]),
    locks: new RoomLocks(),
  });
  const writes = () => homeserver.requests.filter(({ method }) => method !== 'GET');
  return { live, writes };
}

async function people(live: LiveDeploymentRooms): Promise<RoomPeople> {
  const read = await live.read('a', signal);
  if (read === undefined) throw new Error('no room');
  return read;
}

describe('the rooms of a deployment', () => {
  it('are read with who is in them and may do what', async () => {
    const { live } = rooms();
    const read = await people(live);
    expect(read.memberships.get('@banned:x.org' as UserId)).toBe('ban');
    expect([read.levelOf(equal), read.levelOf(person), read.levelTo('kick')]).toEqual([100, 0, 50]);
    expect([...read.levels.keys()]).toEqual([bot, equal]);
    expect(await live.read('b', signal)).toBeUndefined();
  });

  it('change all levels in one write, without those that the bot cannot change', async () => {
    const { live, writes } = rooms();
    const wished = new Map([
      [person, 50],
      [equal, undefined],
      [bot, 0],
    ]);
    expect(await live.changeLevels('a', wished, signal)).toMatchObject({
      written: true,
      refused: [{ userId: equal }],
    });
    expect(writes().map(({ body }) => JSON.parse(String(body)) as unknown)).toEqual([
      { users: { [bot]: 100, [equal]: 100, [person]: 50 } },
    ]);
  });

  it('write nothing where nothing differs, or nothing is allowed', async () => {
    const { live, writes } = rooms();
    const same = await live.changeLevels('a', new Map([[equal, 100]]), signal);
    expect(same).toEqual({ written: false, refused: [] });
    const refused = await live.changeLevels('a', new Map([[equal, 0]]), signal);
    expect(refused).toMatchObject({ written: false, refused: [{ userId: equal }] });
    expect(writes()).toEqual([]);
  });

  it('never name a creator among the levels of version 12', async () => {
    const { live, writes } = rooms({ version: '12', creator: person });
    expect(await live.changeLevels('a', new Map([[person, 100]]), signal)).toMatchObject({
      written: false,
      refused: [{ userId: person }],
    });
    expect(writes()).toEqual([]);
  });

  it('are entered and left by difference', async () => {
    const { live, writes } = rooms();
    const read = await people(live);
    expect(await live.join(read, person, signal)).toEqual({ kind: 'already' });
    expect(await live.kick(read, '@new:x.org' as UserId, undefined, signal)).toEqual({
      kind: 'already',
    });
    expect(await live.join(read, '@banned:x.org' as UserId, signal)).toMatchObject({
      kind: 'refused',
    });
    expect(await live.kick(read, equal, undefined, signal)).toMatchObject({ kind: 'refused' });
    expect(writes()).toEqual([]);
    expect(await live.kick(read, person, 'gone', signal)).toEqual({ kind: 'done' });
    expect(await live.ban(read, person, undefined, signal)).toEqual({ kind: 'done' });
    expect(await live.unban(read, '@banned:x.org' as UserId, signal)).toEqual({ kind: 'done' });
    expect(await live.join(read, '@new:x.org' as UserId, signal)).toEqual({ kind: 'done' });
    expect(writes()).toHaveLength(4);
  });

  it.each([
    [{ status: 404, errcode: 'M_NOT_FOUND' }, 'leave', 'no_such_user'],
    [{ status: 403, errcode: 'M_FORBIDDEN' }, 'join', 'already'],
    [{ status: 403, errcode: 'M_USER_SUSPENDED' }, 'leave', 'refused'],
  ])(
    'say what a refusal %j means when the membership is %s',
    async (refusal, membershipNow, kind) => {
      const answer = { status: refusal.status, json: { errcode: refusal.errcode, error: 'no' } };
      const { live } = rooms({ answer, membershipNow });
      expect(await live.join(await people(live), '@new:x.org' as UserId, signal)).toMatchObject({
        kind,
      });
    },
  );

  it('throw on what is no answer to a change', async () => {
    const { live } = rooms({ answer: { status: 500, json: { errcode: 'M_UNKNOWN' } } });
    const read = await people(live);
    await expect(live.join(read, '@new:x.org' as UserId, signal)).rejects.toMatchObject({
      status: 500,
    });
  });
});

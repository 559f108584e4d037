import { describe, expect, it } from 'vitest';
import type { Exchange } from '../../../src/testing/index.ts';
import { RmapiStage } from './parts/rmapi-stage.ts';

const powered = {
  space: 'join 100',
  admin: 'join',
  general: 'join 100',
  helpdesk: 'join 100',
  offtopic: 'join 100',
};

/** The calls that a change leads to, of those who ask for this. */
async function callsOf(
  stage: RmapiStage,
  act: () => Promise<void>,
  pick: (exchange: Exchange) => boolean,
): Promise<Exchange[]> {
  const start = stage.exchanges.length;
  await act();
  await stage.settle();
  return stage.exchanges.slice(start).filter(pick);
}

const writes = ({ method }: Exchange): boolean => method !== 'GET';
const joins = ({ path }: Exchange): boolean => path.startsWith('/_synapse/admin/v1/join/');
const kicks = ({ path }: Exchange): boolean => path.endsWith('/kick');
const ends = ({ path }: Exchange): boolean => path.includes('/deactivate/');
const creations = ({ path }: Exchange): boolean => path.endsWith('/createRoom');
const levels = ({ method, path }: Exchange): boolean =>
  method === 'PUT' && path.includes('m.room.power_levels');

/** A deployment that is set up. */
async function openReady(version?: string): Promise<RmapiStage> {
  const stage = await RmapiStage.open(version);
  await stage.settle();
  return stage;
}

describe('changes that came before Synapse', () => {
  it('test_app::apply_pending_promote_sets_power_and_joins_admin', async () => {
    await using stage = await RmapiStage.open();
    const userId = stage.arrive('norppa');
    await stage.homeserver.goAway();
    await stage.say('created', 'norppa');
    await stage.say('promoted', 'norppa');
    await stage.homeserver.comeBack();
    await stage.settle();
    expect(await stage.placesOf(userId)).toEqual(powered);
    expect(stage.exchanges.filter(joins)).toHaveLength(5);
  });

  it('test_app::apply_pending_demote_sets_power_and_kicks_admin', async () => {
    await using stage = await openReady();
    const userId = stage.arrive('norppa');
    await stage.say('promoted', 'norppa');
    await stage.settle();
    const kicked = await callsOf(stage, () => stage.say('demoted', 'norppa'), kicks);
    expect(kicked).toHaveLength(1);
    expect((await stage.placesOf(userId)).admin).toBe('leave');
    expect(Object.values(await stage.placesOf(userId)).join(' ')).not.toContain('100');
  });

  it('test_app::apply_pending_multiple_users', async () => {
    await using stage = await RmapiStage.open();
    const users = ['norppa', 'rotta'].map((name) => stage.arrive(name));
    for (const name of ['norppa', 'rotta']) {
      await stage.say('created', name);
      await stage.say('promoted', name);
    }
    await stage.settle();
    for (const userId of users) expect(await stage.placesOf(userId)).toEqual(powered);
  });

  it('test_app::apply_pending_no_admin_room_skips_join', async () => {
    await using stage = await RmapiStage.open();
    const userId = stage.arrive('norppa');
    await stage.say('created', 'norppa');
    await stage.say('promoted', 'norppa');
    const isAdminRoom = ({ body }: { readonly body: Buffer }) => body.includes('-admin"');
    const fault = stage.homeserver.fault(isAdminRoom, { kind: 'status', status: 403 });
    await stage.run.round(AbortSignal.timeout(20_000));
    const view = await stage.run.door.show('norppa');
    expect([view?.state, view?.detail]).toEqual(['failed', expect.stringContaining('admin')]);
    fault.remove();
    await stage.settle();
    expect(await stage.placesOf(userId)).toEqual(powered);
  });

  it('test_app::apply_pending_error_is_caught_not_raised', async () => {
    await using stage = await openReady();
    const users = ['norppa', 'rotta'].map((name) => stage.arrive(name));
    for (const name of ['norppa', 'rotta']) await stage.say('created', name);
    const isFirst = ({ body, method }: { readonly body: Buffer; readonly method: string }) =>
      method === 'POST' && body.includes('norppa');
    const fault = stage.homeserver.fault(isFirst, { kind: 'status', status: 500 });
    await stage.run.round(AbortSignal.timeout(20_000));
    expect((await stage.run.door.show('norppa'))?.state).toBe('failed');
    expect((await stage.run.door.show('rotta'))?.state).toBe('applied');
    fault.remove();
    await stage.settle();
    for (const userId of users) expect((await stage.placesOf(userId)).general).toBe('join');
  });

  it('test_app::apply_pending_empty_queue_is_noop', async () => {
    await using stage = await openReady();
    expect(await callsOf(stage, () => Promise.resolve(), writes)).toEqual([]);
  });
});

describe('rooms', () => {
  it('test_app::ensure_room_returns_existing_room', async () => {
    await using stage = await openReady();
    const before = await stage.roomId('general');
    expect(await callsOf(stage, () => stage.restart(), creations)).toEqual([]);
    expect(await stage.roomId('general')).toBe(before);
  });

  it('test_app::ensure_room_creates_new_room', async () => {
    await using stage = await openReady();
    expect(stage.exchanges.filter(creations)).toHaveLength(5);
    expect(await stage.roomCount()).toBe(5);
  });

  it.each([
    ['test_synapse_admin::create_room_bot_at_200', '11', 200],
    ['test_synapse_admin::create_room_bot_at_200', '12', undefined],
  ])('%s in version %s', async (_, version, level) => {
    await using stage = await openReady(version);
    for (const { requestBody } of stage.exchanges.filter(creations)) {
      const { users } = (requestBody as CreationBody).power_level_content_override;
      expect(users?.[stage.botUserId]).toBe(level);
    }
  });

  it('test_synapse_admin::create_room_space_type', async () => {
    await using stage = await openReady();
    const types = stage.exchanges
      .filter(creations)
      .map(({ requestBody }) => (requestBody as CreationBody).creation_content?.type);
    expect(types.sort()).toEqual(['m.space', undefined, undefined, undefined, undefined]);
  });

  it('test_synapse_admin::create_room_private_preset', async () => {
    await using stage = await openReady();
    for (const { requestBody } of stage.exchanges.filter(creations)) {
      const { preset, initial_state: state = [] } = requestBody as CreationBody;
      expect(preset).toBe('private_chat');
      const types = state.map(({ type }) => type);
      expect(types).toContain('m.room.join_rules');
      expect(types).toContain('m.room.history_visibility');
    }
  });

  it.each([
    'test_synapse_admin::room_id_for_alias_found',
    'test_synapse_admin::room_id_for_alias_404',
  ])('%s', async () => {
    await using stage = await openReady();
    const asked = stage.exchanges.filter(({ path }) => path.includes('/directory/room/'));
    expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([404, 200]));
  });

  it.each([
    'test_synapse_admin::add_child_to_space',
    'test_synapse_admin::set_room_state_type_in_url',
    'test_synapse_admin::set_room_state_state_key_encoded',
  ])('%s', async () => {
    await using stage = await openReady();
    const children = stage.exchanges.filter(({ path }) => path.includes('/state/m.space.child/'));
    expect(children).toHaveLength(4);
    for (const { method, path } of children) {
      expect([method, path.split('/').at(-1)]).toEqual(['PUT', expect.stringMatching(/^![\w-]+$/)]);
    }
  });
});

describe('people', () => {
  it('test_synapse_admin::force_join_success', async () => {
    await using stage = await openReady();
    const userId = stage.arrive('norppa');
    const joined = await callsOf(stage, () => stage.say('created', 'norppa'), joins);
    expect(joined.map(({ requestBody }) => requestBody)).toEqual(
      Array.from({ length: 4 }, () => ({ user_id: userId })),
    );
  });

  it('test_synapse_admin::force_join_404_is_skipped', async () => {
    await using stage = await openReady();
    expect(await callsOf(stage, () => stage.say('created', 'norppa'), joins)).toEqual([]);
    expect((await stage.run.door.show('norppa'))?.state).toBe('waiting');
    const userId = stage.arrive('norppa');
    await stage.settle();
    expect((await stage.placesOf(userId)).space).toBe('join');
  });

  it('test_synapse_admin::force_join_already_in_room_is_skipped', async () => {
    await using stage = await openReady();
    stage.arrive('norppa');
    await callsOf(stage, () => stage.say('created', 'norppa'), joins);
    expect(await callsOf(stage, () => stage.say('created', 'norppa'), joins)).toEqual([]);
    expect((await stage.run.door.show('norppa'))?.state).toBe('applied');
  });

  it('test_synapse_admin::force_join_other_403_raises', async () => {
    await using stage = await openReady();
    const userId = stage.arrive('norppa');
    const general = encodeURIComponent(await stage.roomId('general'));
    const isJoin = ({ path }: { readonly path: string }) => path.endsWith(`/join/${general}`);
    const forbidden = { kind: 'status', status: 403, errcode: 'M_FORBIDDEN' } as const;
    const fault = stage.homeserver.fault(isJoin, forbidden);
    await stage.say('created', 'norppa');
    await stage.run.round(AbortSignal.timeout(20_000));
    expect(fault.hits).toBeGreaterThan(0);
    expect((await stage.run.door.show('norppa'))?.state).toBe('failed');
    expect((await stage.placesOf(userId)).offtopic).toBe('join');
  });

  it.each([
    'test_synapse_admin::deactivate_success',
    'test_synapse_admin::deactivate_uses_v1_endpoint',
    'test_synapse_admin::deactivate_erases',
  ])('%s', async () => {
    await using stage = await openReady();
    const userId = stage.arrive('norppa');
    const ended = await callsOf(stage, () => stage.say('revoked', 'norppa'), ends);
    expect(ended.map(({ method, path, requestBody }) => [method, path, requestBody])).toEqual([
      ['POST', `/_synapse/admin/v1/deactivate/${encodeURIComponent(userId)}`, { erase: true }],
    ]);
  });

  it('test_synapse_admin::deactivate_404_is_skipped', async () => {
    await using stage = await openReady();
    expect(await callsOf(stage, () => stage.say('revoked', 'norppa'), ends)).toEqual([]);
    expect((await stage.run.door.show('norppa'))?.state).toBe('waiting');
    stage.arrive('norppa');
    expect(await callsOf(stage, () => Promise.resolve(), ends)).toHaveLength(1);
  });

  it('test_synapse_admin::kick_success', async () => {
    await using stage = await openReady();
    const userId = stage.arrive('norppa');
    await callsOf(stage, () => stage.say('promoted', 'norppa'), kicks);
    const kicked = await callsOf(stage, () => stage.say('demoted', 'norppa'), kicks);
    const admin = encodeURIComponent(await stage.roomId('admin'));
    expect(kicked.map(({ path, requestBody }) => [path, requestBody])).toEqual([
      [`/_matrix/client/v3/rooms/${admin}/kick`, expect.objectContaining({ user_id: userId })],
    ]);
  });

  it('test_synapse_admin::kick_not_in_room_is_skipped', async () => {
    await using stage = await openReady();
    stage.arrive('norppa');
    await callsOf(stage, () => stage.say('created', 'norppa'), kicks);
    expect(await callsOf(stage, () => stage.say('demoted', 'norppa'), kicks)).toEqual([]);
    expect((await stage.run.door.show('norppa'))?.state).toBe('applied');
  });

  it('test_synapse_admin::kick_other_403_raises', async () => {
    await using stage = await openReady();
    stage.arrive('norppa');
    await callsOf(stage, () => stage.say('promoted', 'norppa'), kicks);
    const forbidden = { kind: 'status', status: 403, errcode: 'M_FORBIDDEN' } as const;
    const fault = stage.homeserver.fault('kick', forbidden);
    await stage.say('demoted', 'norppa');
    await stage.run.round(AbortSignal.timeout(20_000));
    expect((await stage.run.door.show('norppa'))?.state).toBe('failed');
    fault.remove();
    expect(await callsOf(stage, () => Promise.resolve(), kicks)).toHaveLength(1);
  });

  it.each([
    'test_synapse_admin::get_power_levels',
    'test_synapse_admin::set_user_power_level_writes_100',
    'test_synapse_admin::set_power_level_in_rooms_calls_each_room',
  ])('%s', async () => {
    await using stage = await openReady();
    const users = ['norppa', 'rotta'].map((name) => stage.arrive(name));
    const promoted = async () => {
      for (const name of ['norppa', 'rotta']) await stage.say('promoted', name);
    };
    const written = await callsOf(stage, promoted, levels);
    expect(written).toHaveLength(4);
    for (const { requestBody } of written) {
      const content = requestBody as { readonly users: Record<string, number> };
      expect(users.map((userId) => content.users[userId])).toEqual([100, 100]);
    }
  });

  it('test_synapse_admin::set_user_power_level_zero_deletes_entry', async () => {
    await using stage = await openReady();
    const userId = stage.arrive('norppa');
    await callsOf(stage, () => stage.say('promoted', 'norppa'), levels);
    const written = await callsOf(stage, () => stage.say('demoted', 'norppa'), levels);
    expect(written).toHaveLength(4);
    for (const { requestBody } of written) {
      expect((requestBody as { readonly users: object }).users).not.toHaveProperty([userId]);
    }
  });

  it('test_synapse_admin::invite_success', async () => {
    await using stage = await openReady();
    stage.arrive('norppa');
    const invites = ({ path }: Exchange) => path.endsWith('/invite');
    expect(await callsOf(stage, () => stage.say('promoted', 'norppa'), invites)).toEqual([]);
  });
});

describe('how many calls', () => {
  it('setting up takes fewer than the 48 of the original', async () => {
    await using stage = await RmapiStage.open();
    await stage.run.round(AbortSignal.timeout(20_000));
    expect(stage.exchanges.length).toBeLessThan(48);
    expect(stage.exchanges.filter(writes).length).toBeLessThanOrEqual(12);
  });
});

interface CreationBody {
  readonly preset: string;
  readonly creation_content?: { readonly type?: string };
  readonly initial_state?: readonly { readonly type: string }[];
  readonly power_level_content_override: { readonly users?: Readonly<Record<string, number>> };
}

import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  deploymentOf,
  SimulatedHomeserver,
  simulatedBot,
} from '../simulated-homeserver.contract.ts';
import { describePlan } from './describe-plan.ts';
import { planDeployment } from './plan-deployment.ts';

const file = {
  space: { alias: 'space' },
  rooms: {
    general: { alias: 'general', topic: 'Work', name: 'General', encryption: true },
    admin: { alias: 'admin', aliases: ['boss'], join_rule: 'invite', calls: 'everyone' },
  },
};

const wantedRoom = fc.record(
  {
    alias: fc.constantFrom('a', 'b', 'c').map((alias) => `${alias}-alias`),
    name: fc.string({ minLength: 1, maxLength: 20 }),
    topic: fc.string({ maxLength: 20 }),
    join_rule: fc.constantFrom('public', 'invite', 'knock', 'restricted'),
    history_visibility: fc.constantFrom('joined', 'shared'),
    guest_access: fc.constantFrom('forbidden', 'can_join'),
    calls: fc.constantFrom('everyone', 'moderators'),
    acl: fc.constant({ deny: ['evil.org'] }),
    suggested: fc.boolean(),
  },
  { requiredKeys: [] },
);
const wantedFile = fc
  .dictionary(fc.constantFrom('one', 'two', 'three'), wantedRoom, { maxKeys: 3 })
  .map((rooms) => {
    const entries = Object.entries(rooms).map(([key, room]) => [
      key,
      'alias' in room ? { ...room, alias: `${key}-${room.alias}` } : room,
    ]);
    return { space: { alias: 'space' }, rooms: Object.fromEntries(entries) };
  });

describe('a plan', () => {
  it.each(['10', '11', '12'])(
    'makes everything, and then there is nothing to do, in version %s',
    (version) => {
      const homeserver = new SimulatedHomeserver(version);
      const deployment = deploymentOf(file);
      const plan = planDeployment(deployment, homeserver.observe(deployment));
      expect(plan.steps.map(({ kind, key }) => `${kind} ${key}`)).toEqual([
        'create space',
        'create general',
        'create admin',
        'put_alias admin',
        'set space',
        'set space',
      ]);
      homeserver.take(plan.steps);
      const again = planDeployment(deployment, homeserver.observe(deployment));
      homeserver.take(again.steps);
      const last = planDeployment(deployment, homeserver.observe(deployment));
      expect(last).toEqual({ steps: [], findings: [] });
      expect(describePlan(last)).toEqual([]);
    },
  );

  it('leads from any deployment to any other in two rounds, and keeps every room', () => {
    fc.assert(
      fc.property(wantedFile, wantedFile, fc.constantFrom('11', '12'), (one, other, version) => {
        const homeserver = new SimulatedHomeserver(version);
        for (const [index, wanted] of [one, one, other, other, other].entries()) {
          const deployment = deploymentOf(wanted);
          const before = homeserver.rooms.size;
          const plan = planDeployment(deployment, homeserver.observe(deployment));
          homeserver.take(plan.steps);
          const isMaking = index === 0 || index === 2;
          if (!isMaking) expect(homeserver.rooms.size).toBe(before);
          if (index === 4) expect(plan.steps).toEqual([]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('is the same for the same, as text and as JSON', () => {
    const homeserver = new SimulatedHomeserver('12');
    const deployment = deploymentOf(file);
    const plan = planDeployment(deployment, homeserver.observe(deployment));
    const same = planDeployment(deployment, homeserver.observe(deployment));
    expect(JSON.stringify(same)).toBe(JSON.stringify(plan));
    expect(describePlan(plan).join('\n')).toContain(
      'general: make the room, version 12 (there is none)',
    );
    expect(describePlan(plan).join('\n')).toContain('space: set m.space.child of !{general} to');
  });

  it('never opens a room that is being made: everything is in one request', () => {
    const deployment = deploymentOf(file);
    const plan = planDeployment(deployment, new SimulatedHomeserver('11').observe(deployment));
    const step = plan.steps.find(({ kind, key }) => kind === 'create' && key === 'general');
    expect(step).toMatchObject({
      room: {
        preset: 'private_chat',
        visibility: 'private',
        roomVersion: '11',
        creationContent: { 'm.federate': false },
      },
    });
    const types = step?.kind === 'create' ? step.room.initialState?.map(({ type }) => type) : [];
    expect(types).toEqual(
      expect.arrayContaining([
        'm.room.join_rules',
        'm.room.encryption',
        'm.room.history_visibility',
        'm.room.guest_access',
      ]),
    );
  });

  it('makes no room in a version that the homeserver lacks, or whose rules nobody knows', () => {
    const deployment = deploymentOf({ ...file, room_version: '13' });
    const observed = new SimulatedHomeserver('12').observe(deployment);
    expect(planDeployment(deployment, observed).findings).toHaveLength(3);
    const strange = deploymentOf(file);
    const unknown = new SimulatedHomeserver('org.example.7').observe(strange);
    expect(planDeployment(strange, unknown).findings[0]).toMatchObject({ field: 'room_version' });
    const old = new SimulatedHomeserver('6').observe(strange);
    expect(planDeployment(strange, old).findings).toMatchObject([
      { kind: 'unfixable', key: 'general', field: 'room_version' },
    ]);
  });
});

describe('a room that is not as it should be', () => {
  const general = deploymentOf({ rooms: { general: { alias: 'general', topic: 'Work' } } });
  const alias = '#general:example.org';
  const person = '@person:example.org';
  const levels = (users: object) =>
    ['m.room.power_levels', '', { users, state_default: 50 }] as const;

  it('and was left half made by the bot is completed', () => {
    const homeserver = new SimulatedHomeserver('11');
    homeserver.aliases.set(alias, homeserver.add(simulatedBot, []));
    homeserver.take(planDeployment(general, homeserver.observe(general)).steps);
    const view = homeserver.view(homeserver.aliases.get(alias) as never);
    expect(view.powerOf(simulatedBot)).toBe(200);
    expect(view.content('m.room.encryption')).toBeDefined();
    expect(planDeployment(general, homeserver.observe(general)).steps).toEqual([]);
    expect(homeserver.rooms.size).toBe(1);
  });

  it("and is somebody else's is left alone, with the way out", () => {
    const homeserver = new SimulatedHomeserver('11');
    homeserver.aliases.set(alias, homeserver.add(person, [levels({ [person]: 100 })]));
    const plan = planDeployment(general, homeserver.observe(general));
    expect(plan.steps).toEqual([]);
    expect(describePlan(plan).join('\n')).toContain('if_taken: adopt');
  });

  it('and is a space is replaced only if nobody was ever in it', () => {
    const homeserver = new SimulatedHomeserver('11');
    const roomId = homeserver.add(simulatedBot, []);
    homeserver.set(
      roomId,
      'm.room.create',
      '',
      { room_version: '11', type: 'm.space' },
      simulatedBot,
    );
    homeserver.aliases.set(alias, roomId);
    const kinds = () =>
      planDeployment(general, homeserver.observe(general)).steps.map(({ kind }) => kind);
    expect(kinds()).toEqual(['free_alias', 'create']);
    homeserver.set(roomId, 'm.room.member', person, { membership: 'leave' }, person);
    expect(kinds()).toEqual([]);
  });

  it('and in which the bot is too weak: what it can do is done, the rest is told', () => {
    const homeserver = new SimulatedHomeserver('11');
    const deployment = deploymentOf({
      rooms: { general: { alias: 'general', topic: 'Work', calls: 'everyone', if_taken: 'adopt' } },
    });
    const roomId = homeserver.add(person, [levels({ [person]: 100, [simulatedBot]: 50 })]);
    homeserver.set(roomId, 'm.room.member', simulatedBot, { membership: 'join' }, simulatedBot);
    homeserver.aliases.set(alias, roomId);
    const strong = planDeployment(deployment, homeserver.observe(deployment));
    expect(strong.steps[0]).toMatchObject({ kind: 'regain' });
    homeserver.set(roomId, 'm.room.member', person, { membership: 'leave' }, person);
    const weak = planDeployment(deployment, homeserver.observe(deployment));
    expect(weak.steps.map(({ kind }) => kind)).not.toContain('regain');
    expect(weak.steps).toContainEqual(expect.objectContaining({ field: 'topic' }));
    expect(weak.findings).toContainEqual(
      expect.objectContaining({ kind: 'unfixable', field: 'power_levels' }),
    );
  });

  it('and from which the bot is gone lets it in first', () => {
    const homeserver = new SimulatedHomeserver('12');
    homeserver.take(planDeployment(general, homeserver.observe(general)).steps);
    const roomId = homeserver.aliases.get(alias) as never;
    homeserver.set(roomId, 'm.room.member', simulatedBot, { membership: 'ban' }, person);
    homeserver.set(roomId, 'm.room.member', person, { membership: 'join' }, person);
    const stuck = planDeployment(general, homeserver.observe(general));
    expect(stuck.findings).toMatchObject([{ kind: 'unfixable', key: 'general' }]);
    const content = { users: { [person]: 100 } };
    homeserver.set(roomId, 'm.room.power_levels', '', content, simulatedBot);
    const plan = planDeployment(general, homeserver.observe(general));
    expect(plan.steps).toMatchObject([{ kind: 'enter', how: 'unban' }]);
  });

  it('and is the space: its rooms wait for it and are not changed towards nothing', () => {
    const homeserver = new SimulatedHomeserver('12');
    const deployment = deploymentOf(file);
    const observe = (key: string) => {
      const observed = homeserver.observe(deployment);
      const found = observed.rooms.get(key);
      const hidden = { aliases: new Map(), foundBy: undefined, chain: [], end: 'open' } as const;
      const rooms = new Map(observed.rooms);
      if (found !== undefined) rooms.set(key, { ...hidden, unreadable: '500' });
      return planDeployment(deployment, { ...observed, rooms });
    };
    expect(observe('space').steps).toEqual([]);
    expect(observe('space').findings).toHaveLength(3);
    for (let round = 0; round < 2; round++) {
      homeserver.take(planDeployment(deployment, homeserver.observe(deployment)).steps);
    }
    expect(observe('space')).toMatchObject({ steps: [], findings: [{ kind: 'unfixable' }] });
    expect(observe('general')).toMatchObject({ steps: [], findings: [{ key: 'general' }] });
  });

  it('and is encrypted although it should not be is told', () => {
    const homeserver = new SimulatedHomeserver('12');
    const clear = deploymentOf({ rooms: { general: { alias: 'general', encryption: false } } });
    homeserver.take(planDeployment(general, homeserver.observe(general)).steps);
    expect(planDeployment(clear, homeserver.observe(clear)).findings).toMatchObject([
      { kind: 'unfixable', field: 'encryption' },
    ]);
  });

  it('and whose topic a homeserver wrote in two ways at once is as it should be', () => {
    const homeserver = new SimulatedHomeserver('12');
    homeserver.take(planDeployment(general, homeserver.observe(general)).steps);
    const both = { topic: 'Work', 'm.topic': { 'm.text': [{ body: 'Work' }] } };
    homeserver.set(homeserver.aliases.get(alias) as never, 'm.room.topic', '', both, person);
    expect(planDeployment(general, homeserver.observe(general)).steps).toEqual([]);
  });
});

describe("a bot whose power is everybody's", () => {
  it('keeps it when the others lose it', () => {
    const homeserver = new SimulatedHomeserver('11');
    const roomId = homeserver.add('@alice:example.org', [
      ['m.room.member', simulatedBot, { membership: 'join' }],
      ['m.room.power_levels', '', { users_default: 100 }],
    ]);
    homeserver.aliases.set('#old:example.org', roomId);
    const deployment = deploymentOf({
      rooms: { old: { alias: 'old', if_taken: 'adopt', power_levels: { users_default: 0 } } },
    });
    homeserver.take(planDeployment(deployment, homeserver.observe(deployment)).steps);
    expect(homeserver.view(roomId).powerOf(simulatedBot)).toBe(100);
    expect(homeserver.view(roomId).content('m.room.power_levels')).toMatchObject({
      users_default: 0,
      users: { [simulatedBot]: 100 },
    });
  });
});

describe('a described plan', () => {
  it('does not hand on to a terminal what somebody wrote into a room', () => {
    const [text = ''] = describePlan({
      steps: [],
      findings: [
        {
          kind: 'note',
          key: 'space',
          field: 'link',
          reason: `The space lists \u001b[2J\u009b1A\n\u202e${'x'.repeat(10_000)}.`,
          wayOut: undefined,
        },
      ],
    });
    expect(text).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(text.length).toBeLessThan(600);
  });
});

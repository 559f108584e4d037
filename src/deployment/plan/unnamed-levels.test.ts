import { describe, expect, it } from 'vitest';
import type { RoomId } from '../../matrix/ids.ts';
import { type JsonObject, objectOf } from '../../matrix/json.ts';
import {
  deploymentOf,
  SimulatedHomeserver,
  simulatedBot,
} from '../simulated-homeserver.contract.ts';
import type { Finding } from './plan.ts';
import { planDeployment } from './plan-deployment.ts';

const bert = '@bert:example.org';
const alias = '#general:example.org';

const fileWith = (room: object = {}): object => ({
  rooms: {
    general: {
      alias: 'general',
      power_levels: { invite: 50, users: { '@anna:example.org': 60 } },
      ...room,
    },
  },
  roles: {
    moderator: { rooms: ['general'], level: 50 },
    elsewhere: { rooms: [], level: 75 },
  },
});

/** What is found once somebody has changed the levels of a room that was as it should be. */
function foundAfter(
  change: (levels: JsonObject) => JsonObject,
  file: object = fileWith(),
  version = '11',
): { steps: readonly unknown[]; findings: readonly Finding[] } {
  const homeserver = new SimulatedHomeserver(version);
  const deployment = deploymentOf(file);
  const plan = () => planDeployment(deployment, homeserver.observe(deployment));
  for (let look = 0; look < 2; look++) homeserver.take(plan().steps);
  expect(plan()).toEqual({ steps: [], findings: [] });
  const roomId = homeserver.aliases.get(alias) as RoomId;
  const levels = homeserver.view(roomId).powerLevels ?? {};
  homeserver.set(roomId, 'm.room.power_levels', '', change(levels), bert);
  return plan();
}

const withUsers =
  (users: JsonObject) =>
  (levels: JsonObject): JsonObject => ({
    ...levels,
    users: { ...objectOf(levels['users']), ...users },
  });
const withEvents =
  (events: JsonObject) =>
  (levels: JsonObject): JsonObject => ({
    ...levels,
    events: { ...objectOf(levels['events']), ...events },
  });

describe('a level that the file does not name', () => {
  it.each([
    ['kick is 60', (levels: JsonObject) => ({ ...levels, kick: 60 })],
    ['events_default is 50', (levels: JsonObject) => ({ ...levels, events_default: 50 })],
    [
      'notifications.room is 0',
      (levels: JsonObject) => ({ ...levels, notifications: { room: 0 } }),
    ],
    ['events.m.room.name is 0', withEvents({ 'm.room.name': 0 })],
    ['events.im.vector.modular.widgets is 0', withEvents({ 'im.vector.modular.widgets': 0 })],
    [`${bert} has level 75, which neither`, withUsers({ [bert]: 75 })],
  ])(
    'and that somebody changed is told and left, although levels are enforced: %s',
    (told, change) => {
      const { steps, findings } = foundAfter(change);
      expect(steps).toEqual([]);
      expect(findings).toMatchObject([
        {
          kind: 'drift',
          key: 'general',
          field: 'power_levels',
          reason: expect.stringContaining(told),
        },
      ]);
    },
  );

  it.each([
    ['a role that enters the room gives it', withUsers({ [bert]: 50 })],
    ['everybody has it', withUsers({ [bert]: 0 })],
    ['it says no more than the default', withEvents({ 'm.room.join_rules': 50 })],
    [
      'it is missing, and the default is the same',
      (levels: JsonObject) => {
        const { 'm.room.name': _, ...events } = objectOf(levels['events']) ?? {};
        return { ...levels, events };
      },
    ],
  ])('is no drift where %s', (_, change) => {
    expect(foundAfter(change)).toEqual({ steps: [], findings: [] });
  });

  it('is told once beside what is enforced', () => {
    const { steps, findings } = foundAfter((levels) => ({
      ...levels,
      invite: 0,
      kick: 0,
      ban: 70,
    }));
    expect(steps).toMatchObject([{ kind: 'set', content: { invite: 50, kick: 50, ban: 70 } }]);
    expect(findings).toMatchObject([{ reason: expect.stringContaining('ban is 70') }]);
  });

  it('is told where levels are left, and not where they are ignored', () => {
    const change = (levels: JsonObject): JsonObject => ({ ...levels, kick: 60, invite: 0 });
    const left = foundAfter(change, fileWith({ drift: { power_levels: 'once' } }));
    expect(left.steps).toEqual([]);
    expect(left.findings.map(({ reason }) => reason)).toEqual([
      expect.stringContaining('invite from 0 to 50'),
      expect.stringContaining('kick is 60'),
    ]);
    const ignored = foundAfter(change, fileWith({ drift: { power_levels: 'ignore' } }));
    expect(ignored).toEqual({ steps: [], findings: [] });
  });

  it("and that is the power of a creator is nobody's doing, in version 12", () => {
    expect(foundAfter((levels) => levels, fileWith(), '12').findings).toEqual([]);
    expect(foundAfter(withUsers({ [bert]: 75 }), fileWith(), '12').findings).toHaveLength(1);
    expect(
      foundAfter(withUsers({ [simulatedBot]: 100 }), fileWith(), '11').findings,
    ).not.toContainEqual(
      expect.objectContaining({ reason: expect.stringContaining(simulatedBot) }),
    );
  });
});

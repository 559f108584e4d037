import { describe, expect, it } from 'vitest';
import type { RoomId } from '../../matrix/ids.ts';
import {
  deploymentOf,
  SimulatedHomeserver,
  simulatedBot,
} from '../simulated-homeserver.contract.ts';
import type { Plan } from './plan.ts';
import { planDeployment } from './plan-deployment.ts';

const deployment = deploymentOf({
  space: { alias: 'space' },
  rooms: { general: { alias: 'general', topic: 'Work' } },
});

/** The deployment as it should be, and its two rooms. */
function settled(): { homeserver: SimulatedHomeserver; spaceId: RoomId; generalId: RoomId } {
  const homeserver = new SimulatedHomeserver('11');
  for (let look = 0; look < 2; look++) homeserver.take(planOf(homeserver).steps);
  const spaceId = homeserver.aliases.get('#space:example.org');
  const generalId = homeserver.aliases.get('#general:example.org');
  if (spaceId === undefined || generalId === undefined) throw new Error('no rooms');
  return { homeserver, spaceId, generalId };
}

const planOf = (homeserver: SimulatedHomeserver): Plan =>
  planDeployment(deployment, homeserver.observe(deployment));

describe('a space', () => {
  it('from which somebody unlinked a room lists it again', () => {
    const { homeserver, spaceId, generalId } = settled();
    homeserver.set(spaceId, 'm.space.child', generalId, {}, '@mallory:example.org');
    const { steps } = planOf(homeserver);
    expect(steps).toMatchObject([{ kind: 'set', type: 'm.space.child', stateKey: generalId }]);
    homeserver.take(steps);
    expect(planOf(homeserver)).toEqual({ steps: [], findings: [] });
  });

  it("with somebody else's room in it keeps that, and says so", () => {
    const { homeserver, spaceId } = settled();
    const content = { via: ['other.org'] };
    homeserver.set(spaceId, 'm.space.child', '!foreign', content, '@mallory:example.org');
    expect(planOf(homeserver)).toMatchObject({ steps: [], findings: [{ kind: 'note' }] });
  });
});

describe('a state', () => {
  it('that somebody else set to the same is no reason to write', () => {
    const { homeserver, generalId } = settled();
    const { events } = homeserver.view(generalId);
    const types = ['m.room.topic', 'm.room.join_rules', 'm.room.power_levels', 'm.room.encryption'];
    for (const { type, stateKey, content } of events.filter((event) =>
      types.includes(event.type),
    )) {
      homeserver.set(generalId, type, stateKey, content, '@mallory:example.org');
    }
    expect(planOf(homeserver)).toEqual({ steps: [], findings: [] });
    homeserver.set(generalId, 'm.room.topic', '', { topic: 'Play' }, simulatedBot);
    expect(planOf(homeserver).steps).toMatchObject([{ type: 'm.room.topic' }]);
  });
});

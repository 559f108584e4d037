import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseUserId, type UserId } from '../../matrix/ids.ts';
import type { JsonObject } from '../../matrix/json.ts';
import type { DesiredRoom } from '../desired.ts';
import { parseDeployment } from '../file/parse-deployment.ts';
import {
  creatorsStandAbove,
  differences,
  levelsAtCreation,
  levelsMerged,
  levelsWithUsers,
  sameLevels,
} from './power.ts';
import { withinPower } from './power-within.ts';
import { protectedLevels } from './server-protected-levels.ts';

const botUserId = parseUserId('@bot:example.org') as UserId;
const names = ['@bot:example.org', '@a:example.org', '@b:example.org'];

function room(more: object): DesiredRoom {
  const parsed = parseDeployment({
    homeserver: 'https://example.org',
    server_name: 'example.org',
    bot: { username: 'bot', token_file: 't' },
    rooms: { a: more },
  });
  const first = parsed.ok ? parsed.deployment.rooms[0] : undefined;
  if (first === undefined) throw new Error('no room');
  return first;
}

const level = fc.integer({ min: -10, max: 210 });
const levels = fc.record(
  {
    users: fc.dictionary(fc.constantFrom(...names), level),
    events: fc.dictionary(fc.constantFrom('m.room.name', 'm.room.power_levels', 'x'), level),
    ban: level,
    users_default: level,
    state_default: level,
  },
  { requiredKeys: [] },
);

describe('power levels', () => {
  it.each([
    ['9', false],
    ['11', false],
    ['12', true],
    ['org.matrix.hydra.11', true],
    ['org.example.unknown', undefined],
  ])('creators of rooms of version %s stand above all: %s', (version, above) => {
    expect(creatorsStandAbove(version)).toBe(above);
  });

  it('a new room names the bot above all, except where creators may not be named', () => {
    const wanted = room({});
    expect(levelsAtCreation(wanted, { roomVersion: '11', botUserId })).toMatchObject({
      users: { [botUserId]: 200 },
      events: { 'm.room.tombstone': 100 },
    });
    expect(levelsAtCreation(wanted, { roomVersion: '12', botUserId })).toMatchObject({
      users: {},
      events: { 'm.room.tombstone': 150, 'm.room.server_acl': 100 },
    });
  });

  it("a room whose levels fell below the homeserver's defaults gets them back, and keeps the rest", () => {
    const before = { events: { 'm.call.invite': 0 }, users: { '@a:b': 100 }, events_default: 3 };
    const after = levelsMerged(room({ calls: 'moderators' }), before);
    expect(after).toMatchObject({
      users: { '@a:b': 100 },
      events_default: 3,
      events: { 'm.call.invite': 50, 'm.room.power_levels': 100, 'm.room.server_acl': 100 },
    });
    expect(levelsMerged(room({ calls: 'moderators' }), after)).toEqual(after);
  });

  it('merging never lowers what is protected', () => {
    fc.assert(
      fc.property(levels, (before) => {
        const after = levelsMerged(room({ calls: 'everyone' }), before) as {
          events: Record<string, number>;
        };
        for (const [type, least] of protectedLevels) {
          expect(after.events[type] ?? before.state_default ?? 50).toBeGreaterThanOrEqual(least);
        }
      }),
    );
  });

  it('what an administrator left open for the time after its demotion is closed', () => {
    const opened = {
      users_default: 100,
      state_default: 0,
      ban: 0,
      kick: '0',
      redact: 1,
      invite: 0,
      events: { 'm.room.join_rules': 0, 'm.room.topic': 0 },
    };
    const after = levelsMerged(room({ calls: 'everyone' }), opened);
    expect(after).toMatchObject({
      users_default: 0,
      state_default: 50,
      ban: 50,
      kick: 50,
      redact: 50,
      invite: 0,
      events: { 'm.room.join_rules': 50, 'm.room.topic': 0 },
    });
    expect(levelsMerged(room({ calls: 'everyone' }), after)).toEqual(after);
    const named = { users_default: 10, state_default: 5, events: { 'm.room.join_rules': 0 } };
    expect(levelsMerged(room({ power_levels: named }), opened)).toMatchObject(named);
  });

  it('a level written as text is the same level', () => {
    const before = { users: { '@a:b': '100' } };
    const wished = new Map([['@a:b' as UserId, 100]]);
    expect(sameLevels(before, levelsWithUsers(before, wished))).toBe(true);
  });
});

/** The specification's rules for a change of power levels, written down a second time and the other way round. */
function isAllowed(power: number, before: JsonObject, after: JsonObject): boolean {
  return differences(before, after).every((change) => {
    const [from, to] = [change.before as number | undefined, change.after as number | undefined];
    if (from !== undefined && from > power) return false;
    if (to !== undefined && to > power) return false;
    const isUser = change.path[0] === 'users';
    return !(isUser && change.path[1] !== botUserId && from !== undefined && from >= power);
  });
}

describe('a change of power levels', () => {
  it('is cut down to what the rules allow, and to no less', () => {
    fc.assert(
      fc.property(levels, levels, fc.integer({ min: 0, max: 200 }), (before, after, power) => {
        const { content, refused } = withinPower(power, botUserId, before, after);
        expect(isAllowed(power, before, content)).toBe(true);
        for (const { path } of refused) {
          const left = differences(content, after).map((change) => change.path.join());
          expect(left).toContain(path.join());
        }
        expect(differences(content, after)).toHaveLength(refused.length);
      }),
    );
  });

  it('by a creator of version 12, or where there are none yet, is not cut', () => {
    fc.assert(
      fc.property(levels, levels, (before, after) => {
        const whole = withinPower(Number.POSITIVE_INFINITY, botUserId, before, after);
        expect(whole).toEqual({ content: after, refused: [] });
        expect(withinPower(0, botUserId, undefined, after).content).toEqual(after);
      }),
    );
  });

  it('cannot demote an equal', () => {
    const before = { users: { '@a:example.org': 100, [botUserId]: 100 } };
    const after = levelsWithUsers(before, new Map([['@a:example.org' as UserId, undefined]]));
    expect(withinPower(100, botUserId, before, after)).toMatchObject({
      content: before,
      refused: [{ path: ['users', '@a:example.org'] }],
    });
  });
});

import { describe, expect, it } from 'vitest';
import { rmapiSettings } from '../../config/rmapi-environment.ts';
import { manifestFallback } from '../../config/rmapi-manifest.ts';
import { levelsAtCreation, levelsMerged } from '../../deployment/levels/power.ts';
import { Failure } from '../../errors.ts';
import { parseUserId } from '../../matrix/ids.ts';
import { isJsonObject, type JsonObject } from '../../matrix/json.ts';
import { rmapiDeployment } from './rmapi-deployment.ts';

const settings = rmapiSettings({ SYNAPSE_REGISTRATION_SECRET: 'shared' }, manifestFallback);
const { desired, people } = rmapiDeployment(settings);
const room = (key: string) => desired.rooms.find((one) => one.key === key);

/** Every level that somebody with 100 can change, as far away as they can take it. */
function spoil(levels: JsonObject): JsonObject {
  const spoiled = (value: unknown): unknown => {
    if (isJsonObject(value)) return spoil(value);
    return Number(value) > 100 ? value : Number(value) === 100 ? 0 : 100;
  };
  return Object.fromEntries(Object.entries(levels).map(([name, value]) => [name, spoiled(value)]));
}

describe("the drop-in's deployment", () => {
  it("has the original's rooms, aliases, names and topics", () => {
    const told = desired.rooms.map(({ key, alias, name, topic }) => [
      key,
      alias,
      name.value,
      topic?.value,
    ]);
    expect(told).toEqual([
      [
        'space',
        '#manifest_notfound-space:localmaeher.dev.pvarki.fi',
        'manifest_notfound',
        undefined,
      ],
      [
        'admin',
        '#manifest_notfound-admin:localmaeher.dev.pvarki.fi',
        '96-Admin channel',
        undefined,
      ],
      [
        'general',
        '#manifest_notfound-general:localmaeher.dev.pvarki.fi',
        '98-General',
        'Work discussion that does not fit any other room.',
      ],
      [
        'helpdesk',
        '#manifest_notfound-helpdesk:localmaeher.dev.pvarki.fi',
        '99-Helpdesk',
        'Report issues and get help from here.',
      ],
      [
        'offtopic',
        '#manifest_notfound-offtopic:localmaeher.dev.pvarki.fi',
        '97-Offtopic',
        'Everything that is not about the topics or work.',
      ],
    ]);
  });

  it('lets whoever is in the space into three rooms, and nobody into the others uninvited', () => {
    const rules = desired.rooms.map(({ key, joinRule }) => [key, joinRule.value]);
    expect(rules).toEqual([
      ['space', 'invite'],
      ['admin', 'invite'],
      ['general', 'restricted'],
      ['helpdesk', 'restricted'],
      ['offtopic', 'restricted'],
    ]);
  });

  it.each(['admin', 'general', 'helpdesk', 'offtopic'])('encrypts %s, and all may call', (key) => {
    expect(room(key)).toMatchObject({
      encryption: { value: true },
      historyVisibility: { value: 'joined' },
    });
    expect(room(key)?.levels.value.events.get('m.call.invite')).toBe(0);
    expect(room(key)?.levels.value.events.get('org.matrix.msc3401.call.member')).toBe(0);
  });

  it('lets no member unlink rooms from the space', () => {
    expect(room('space')?.levels.value.events.get('m.space.child')).toBe(100);
  });

  it.each([
    ['11', 200],
    ['12', undefined],
  ])('sets back whatever an admin made of a room of version %s', (roomVersion, bot) => {
    const botUserId = parseUserId('@matrixrmapi-bot:localmaeher.dev.pvarki.fi');
    if (botUserId === undefined) throw new Error('no user id');
    for (const one of desired.rooms) {
      const made = levelsAtCreation(one, { roomVersion, botUserId });
      const spoiled = { ...spoil(made), users: made['users'] };
      expect(spoiled).not.toEqual(made);
      expect(levelsMerged(one, spoiled)).toEqual(made);
      expect(made['users']).toEqual(bot === undefined ? {} : { [botUserId]: bot });
    }
  });

  it('gives admins power in all rooms but their own', () => {
    const { roles, adminRoles, defaultRoles } = people.policy;
    const given = (names: readonly string[]) => names.map((name) => roles.get(name));
    const common = ['space', 'general', 'helpdesk', 'offtopic'];
    expect(given(defaultRoles)).toEqual([{ rooms: common, level: 0 }]);
    expect(given(adminRoles)).toEqual([
      { rooms: common, level: 100 },
      { rooms: ['admin'], level: 0 },
    ]);
  });

  it("keeps the bot's and the caller's names from people", () => {
    expect([...people.reserved].sort()).toEqual(['matrixrmapi-bot', 'rasenmaeher']);
  });

  it('leaves the room version and federation as the original does', () => {
    expect(desired).toMatchObject({ roomVersion: undefined, federation: true });
  });

  it('refuses a deployment that cannot name rooms', () => {
    const door = { ...settings.door, deployment: 'two words' };
    const build = () => rmapiDeployment({ ...settings, door });
    expect(build).toThrow(Failure);
    const problems = [expect.stringMatching(/^manifest: deployment, for space\.alias: /)];
    const expected = { code: 'rmapi_invalid', problems: expect.arrayContaining(problems) };
    expect(build).toThrow(expect.objectContaining(expected));
  });

  it.each([
    [{ botLocalpart: '123' }, 'SYNAPSE_BOT_USERNAME: must not be digits alone'],
    [
      { roomVersion: 'x'.repeat(33) },
      'BELLHOP_RMAPI_ROOM_VERSION: must have at most 32 characters',
    ],
    [{ serverName: 'x'.repeat(231) }, 'SERVER_DOMAIN: must be the name of the homeserver'],
  ])('names the variable that is wrong: %j', (wrong, problem) => {
    const build = () => rmapiDeployment({ ...settings, ...wrong });
    const problems = [expect.stringContaining(problem)];
    expect(build).toThrow(expect.objectContaining({ problems }));
  });
});

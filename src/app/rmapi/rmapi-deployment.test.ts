import { describe, expect, it } from 'vitest';
import { rmapiSettings } from '../../config/rmapi-environment.ts';
import { manifestFallback } from '../../config/rmapi-manifest.ts';
import { Failure } from '../../errors.ts';
import { rmapiDeployment } from './rmapi-deployment.ts';

const settings = rmapiSettings({ SYNAPSE_REGISTRATION_SECRET: 'shared' }, manifestFallback);
const { desired, people } = rmapiDeployment(settings);
const room = (key: string) => desired.rooms.find((one) => one.key === key);

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
    expect(build).toThrow(expect.objectContaining({ code: 'config_invalid' }));
  });
});

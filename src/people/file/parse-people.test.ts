import { describe, expect, it } from 'vitest';
import { parseDeployment } from '../../deployment/file/parse-deployment.ts';
import { type ParsedPeople, type PeopleSettings, parsePeople } from './parse-people.ts';

function parse(people: unknown, more: object = {}): ParsedPeople {
  const file = {
    name: 'test',
    homeserver: 'https://matrix.example.org',
    server_name: 'example.org',
    bot: { username: 'bellhop', registration_secret: 'x', token_file: './token' },
    space: { key: 'space', alias: 'test-space', name: 'Test' },
    rooms: {
      general: {
        alias: 'general',
        name: 'General',
        power_levels: { users: { '@boss:example.org': 90, '@far:other.org': 50 } },
      },
    },
    roles: {
      member: { rooms: ['space', 'general'], level: 0 },
      admin: { rooms: ['space', 'general'], level: 100 },
    },
    ...(people === undefined ? {} : { people }),
    ...more,
  };
  const parsed = parseDeployment(file);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsePeople(parsed.deployment);
}

function settings(people: unknown, more: object = {}): PeopleSettings {
  const parsed = parse(people, more);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.problems));
  return parsed.settings;
}

describe('the people of a deployment file', () => {
  it('need not be named: members and administrators are its roles of that name', () => {
    const { policy, reserved, declared, nameRule } = settings(undefined);
    expect(policy).toMatchObject({
      defaultRoles: ['member'],
      adminRoles: ['admin'],
      drift: 'once',
      spaceKey: 'space',
      offboarding: { end: 'deactivate', erase: true, graceMs: 0, redact: false },
    });
    expect(policy.levelsOfFile.get('general')).toEqual(new Set(['boss']));
    expect([...reserved]).toEqual(['bellhop']);
    expect(declared.size).toBe(0);
    expect(nameRule).toBe('strict');
  });

  it('have the usual roles also where those are not in the file, but none where it has no roles', () => {
    const roles = { crew: { rooms: ['general'] } };
    const { policy, declared } = settings({ list: { bob: null } }, { roles });
    expect(policy).toMatchObject({ defaultRoles: ['member'], adminRoles: ['admin'] });
    expect(declared.get('bob')?.roles).toEqual(['member']);
    const bare = settings(undefined, { roles: {} }).policy;
    expect(bare).toMatchObject({ defaultRoles: [], adminRoles: [] });
  });

  it("can have no name that is mapped to the bot's", () => {
    const named = { names: 'keycloak', reserved: ['a=3db'], list: { 'a=b': null } };
    expect(parse(named)).toMatchObject({
      ok: false,
      problems: [{ path: ['people', 'list', 'a=b'], message: 'is reserved' }],
    });
  });

  it('are mapped to their ids, with their roles', () => {
    const { declared, reserved, policy } = settings({
      names: 'keycloak',
      reserved: ['Rasenmaeher'],
      offboarding: { grace: '30d' },
      list: {
        Äijä: null,
        bob: { roles: ['admin'], display_name: 'Bob', external_id: { provider: 'p', id: 'i' } },
      },
    });
    expect([...declared]).toEqual([
      [
        '=c3=a4ij=c3=a4',
        { name: 'Äijä', roles: ['member'], displayName: undefined, externalId: undefined },
      ],
      [
        'bob',
        {
          name: 'bob',
          roles: ['admin'],
          displayName: 'Bob',
          externalId: { provider: 'p', externalId: 'i' },
        },
      ],
    ]);
    expect([...reserved]).toEqual(['bellhop', 'rasenmaeher']);
    expect(policy.offboarding.graceMs).toBe(30 * 86_400_000);
  });

  it('are refused with every mistake and its place', () => {
    const wrong = (people: unknown) => {
      const parsed = parse(people);
      return parsed.ok
        ? []
        : parsed.problems.map(({ path, message }) => `${path.join('.')} ${message}`);
    };
    expect(wrong({ drift: 'never', gard: {} })).toEqual([
      'people.drift must be one of: enforce, once',
      'people.gard is not a key of the deployment file',
    ]);
    expect(
      wrong({
        default_roles: ['x'],
        list: { Bellhop: null, bob: { roles: ['y'] }, BOB: null, 'a b': null },
      }),
    ).toEqual([
      'people.default_roles.0 is not a role of the file',
      'people.list.Bellhop is reserved',
      'people.list.Bellhop.roles.0 is not a role of the file',
      'people.list.bob.roles.0 is not a role of the file',
      'people.list.BOB is there twice',
      'people.list.BOB.roles.0 is not a role of the file',
      'people.list.a b holds other characters than letters of a to z, digits and . _ - = / +',
    ]);
    expect(wrong({ offboarding: { grace: 'soon' } })).toEqual([
      'people.offboarding.grace must be a duration such as 30s, 15m, 12h or 7d',
    ]);
  });
});

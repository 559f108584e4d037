import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DesiredDeployment } from '../desired.ts';
import { deploymentJsonSchema } from './deployment-schema.ts';
import { parseDeployment } from './parse-deployment.ts';

const least = {
  homeserver: 'https://matrix.example.org/',
  server_name: 'example.org',
  bot: { username: 'bot', token_file: './token' },
};

const whole = {
  ...least,
  name: 'main',
  bot: { username: 'matrixrmapi-bot', registration_secret_file: './secret', token_file: './token' },
  room_version: '11',
  federation: false,
  space: { key: 'space', alias: 'deployment-space', name: 'Deployment' },
  rooms: {
    general: {
      alias: 'general',
      name: 'General',
      topic: 'Everything',
      join_rule: 'restricted',
      encryption: true,
      history_visibility: 'joined',
      guest_access: 'forbidden',
      drift: { topic: 'once' },
      power_levels: { invite: 50, events: { 'm.room.name': 100 } },
      calls: 'everyone',
    },
    help: { encryption: false, pinned: 'Read me', suggested: true, order: 'a' },
  },
  roles: { member: { rooms: ['space', 'general'] }, admin: { rooms: ['space'], level: 100 } },
  people: { anything: true },
};

function parsed(value: unknown): DesiredDeployment {
  const result = parseDeployment(value);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.deployment;
}

function problemsOf(value: unknown): string[] {
  const result = parseDeployment(value);
  return result.ok
    ? []
    : result.problems.map(({ path, message }) => `${path.join('.')} ${message}`);
}

describe('a deployment file', () => {
  it('names rooms with the space first, and keeps what others read', () => {
    const deployment = parsed(whole);
    expect(deployment.homeserver).toBe('https://matrix.example.org');
    expect(deployment.rooms.map(({ key, alias }) => [key, alias])).toEqual([
      ['space', '#deployment-space:example.org'],
      ['general', '#general:example.org'],
      ['help', undefined],
    ]);
    expect(deployment.roles.get('member')).toEqual({ rooms: ['space', 'general'], level: 0 });
    expect(deployment.people).toEqual({ anything: true });
  });

  it('enforces what it says, and sets what it does not say only when a room is made', () => {
    const [space, general] = parsed(whole).rooms;
    expect(general?.name).toEqual({ value: 'General', drift: 'enforce' });
    expect(general?.topic).toEqual({ value: 'Everything', drift: 'once' });
    expect(space?.joinRule).toEqual({ value: 'invite', drift: 'once' });
    expect(space?.encryption.value).toBe(false);
    expect(parsed({ ...least, rooms: { a: {} } }).rooms[0]).toMatchObject({
      joinRule: { value: 'invite', drift: 'once' },
      encryption: { value: true, drift: 'once' },
      guestAccess: { value: 'forbidden', drift: 'once' },
    });
  });

  it("a room's drift outweighs the file's, and enforces nothing that is not said", () => {
    const file = {
      ...least,
      drift: { name: 'ignore', topic: 'enforce' },
      rooms: { a: { name: 'A', drift: { name: 'once' } }, b: { name: 'B' } },
    };
    const [a, b] = parsed(file).rooms;
    expect([a?.name.drift, b?.name.drift, b?.topic]).toEqual(['once', 'ignore', undefined]);
  });

  it('tells everything that is wrong at once, with its place', () => {
    expect(
      problemsOf({
        homeserver: 'matrix.example.org',
        bot: { username: '@bot', token_file: 1 },
        rooms: { A: {}, b: { topik: 'x', join_rule: 'open' } },
      }),
    ).toEqual([
      'homeserver must be an address such as https://matrix.example.org, without user, query or fragment, and without /_matrix',
      'server_name is missing',
      'bot.username must be a localpart, without "@" and without server',
      'bot.token_file must be text',
      'rooms.A must be lower-case letters, digits, "-" and "_"',
      'rooms.b.join_rule must be one of: public, invite, knock, restricted, knock_restricted',
      'rooms.b.topik is not a key of the deployment file',
    ]);
  });

  it.each([
    [{ rooms: { a: { join_rule: 'restricted' } } }, 'there is no space'],
    [{ rooms: { a: { pinned: 'x' } } }, 'needs encryption: false'],
    [{ rooms: { a: { alias: 'x' }, b: { alias: 'x' } } }, 'is there twice, or an alias of a: #x:'],
    [{ space: {}, rooms: { space: {} } }, "is the space's key"],
    [{ roles: { r: { rooms: ['nowhere'] } } }, 'nowhere is no room of the file'],
    [{ rooms: { a: { acl: { allow: ['other.org'] } } } }, 'shuts out example.org itself'],
    [{ rooms: { a: { acl: { deny: ['*.ORG'] } } } }, 'shuts out example.org itself'],
    [{ rooms: { a: { acl: { deny: ['exampl?.org'] } } } }, 'shuts out example.org itself'],
    [
      { rooms: { a: { power_levels: { events: { 'm.room.encryption': 50 } } } } },
      'must be at least 100',
    ],
    [{ rooms: { a: { power_levels: { users: { '@bot:example.org': 1 } } } } }, 'is the bot'],
    [{ rooms: { a: { power_levels: { users: { '@a:example.org': 200 } } } } }, 'must be below 200'],
    [{ rooms: { a: { power_levels: { users_default: 200 } } } }, 'must be below 200'],
    [{ roles: { r: { rooms: [], level: 200 } } }, 'must be below 200'],
    [{ rooms: { a: { power_levels: { state_default: 201 } } } }, 'must be at most 200'],
    [{ rooms: { a: { power_levels: { events: { x: 201 } } } } }, 'must be at most 200'],
    [{ rooms: { a: { power_levels: { users: { bob: 1 } } } } }, 'must be a user id'],
    [
      { bot: { ...least.bot, registration_secret: 'a', registration_secret_file: 'b' } },
      'is there twice',
    ],
    [{ bot: { ...least.bot, username: '1234' } }, 'must not be digits alone'],
    [{ homeserver: 'http://user:pw@host' }, 'without user, query or fragment'],
    [{ homeserver: 'http://h/?x=1' }, 'without user, query or fragment'],
    [{ homeserver: 'https://h#f' }, 'without user, query or fragment'],
    [{ homeserver: 'https://h/_matrix/client' }, 'without /_matrix'],
    [{ homeserver: 'ftp://h' }, 'homeserver must be an address'],
    [{ homeserver: 5 }, 'homeserver must be an address'],
  ])('that contradicts itself is refused: %j', (more, problem) => {
    expect(problemsOf({ ...least, ...more }).join('\n')).toContain(problem);
  });

  it('whatever it is, gives an answer', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        parseDeployment(value);
        parseDeployment({ ...least, rooms: value });
      }),
    );
  });

  it('has a JSON Schema that takes what the parser takes', () => {
    const validate = new Ajv2020({ strict: false, formats: { uri: true } }).compile(
      deploymentJsonSchema(),
    );
    expect(validate(whole)).toBe(true);
    expect(validate({ ...whole, romms: {} })).toBe(false);
  });
});

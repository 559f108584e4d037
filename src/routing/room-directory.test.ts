import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { chooseRooms, meansRoom } from './choose-rooms.ts';
import type { Destination, RoutingRules } from './destination.ts';
import { createRoomDirectory } from './room-directory.ts';
import { standInRoomId } from './stand-in-room-id.ts';

/** Any UTF-16, lone surrogates included. */
const anyText = fc.string({ unit: fc.nat(0xffff).map((unit) => String.fromCharCode(unit)) });

const sha256 = (text: string): Uint8Array => createHash('sha256').update(text).digest();

const destination = (name: string, room: string, account = 'main'): Destination => ({
  name,
  room,
  account,
  msgtype: 'm.text',
  lateAfterMs: undefined,
  expireAfterMs: undefined,
});

const v12 = '!Jb3PzG8oSx0c7Uo1BqmCW4Iv9dLQY2kXnRrTtEeFfHh';
const ops = destination('ops', '#ops:example.org');
const old = destination('old', '!abc:example.org');
const fresh = destination('fresh', v12);
const moved = destination('moved', '#moved:example.org');
const second = destination('ops-by-bot', '#ops:example.org', 'bot');

const directory = createRoomDirectory({
  destinations: [ops, old, fresh, moved, second],
  known: [
    {
      account: 'main',
      room: '#moved:example.org',
      roomId: '!now',
      predecessors: ['!first:example.org', '!then:example.org'],
    },
  ],
  sha256,
  serverNames: ['gateway.example.org'],
});

describe('the room directory', () => {
  it.each([
    ['a configured name', 'ops', [ops]],
    ['an alias, for every account that speaks there', '#ops:example.org', [ops, second]],
    ['a percent-encoded alias', '%23ops%3Aexample.org', [ops, second]],
    ['an alias encoded twice', '%2523ops%253Aexample.org', [ops, second]],
    ['a configured room id', '!abc:example.org', [old]],
    ['a percent-encoded room id', '%21abc%3Aexample.org', [old]],
    ['an id of room version 12', v12, [fresh]],
    ['an id of room version 12 with a server appended', `${v12}:gateway`, [fresh]],
    ['the id an alias was found to lead to', '!now', [moved]],
    ['the mangled id an alias was found to lead to', '!now:example.org', [moved]],
    ['the id of a room that was replaced', '!then:example.org', [moved]],
    ['a configured name spelt as an alias of this gateway', '#ops:gateway.example.org', [ops]],
    ['an alias that lost its server', '#ops', [ops, second]],
    ['an encoded alias that lost its server', '%23ops', [ops, second]],
    ['a configured name spelt as an alias without a server', '#fresh', [fresh]],
    ['an id that lost its server', '!abc', [old]],
    ['the id of a replaced room that lost its server', '!then', [moved]],
  ])('finds a room by %s', (_what, named, expected) => {
    expect(directory.find(named)).toEqual(expected);
  });

  it.each([
    '',
    'nowhere',
    '#ops:elsewhere.org',
    '!ab',
    '#',
    '!',
    '%',
    '%zz',
    '#:',
    ':',
    'constructor',
  ])('finds nothing for %j', (named) => {
    expect(directory.find(named)).toEqual([]);
  });

  it('tells callers the known id, the configured id, or a stand-in that finds its way back', () => {
    expect(directory.roomIdOf(moved)).toBe('!now');
    expect(directory.roomIdOf(old)).toBe('!abc:example.org');
    const standIn = directory.roomIdOf(ops);
    expect(standIn).toMatch(/^![A-Za-z0-9_-]{43}$/);
    expect(directory.find(standIn)).toEqual([ops]);
    expect(directory.find(`${standIn}:mangled`)).toEqual([ops]);
    expect(directory.roomIdOf(second)).not.toBe(standIn);
  });

  it('keeps a stand-in valid after the real id is known', () => {
    expect(directory.find(standInRoomId(moved, sha256))).toEqual([moved]);
  });

  it('finds nothing by a name without a server that several rooms have', () => {
    const twins = createRoomDirectory({
      destinations: [
        destination('a', '#ops:one.example'),
        destination('b', '#ops:two.example'),
        destination('c', '#c:one.example'),
        destination('b-again', '#ops:two.example', 'bot'),
        destination('sales', '#shop:one.example'),
        destination('shop', '#other:one.example'),
      ],
      known: [],
      sha256,
      serverNames: [],
    });
    expect(twins.find('#ops')).toEqual([]);
    expect(twins.find('#shop')).toEqual([]);
    expect(twins.find('#c')).toMatchObject([{ name: 'c' }]);
  });

  it('tells strangers an id for any alias, which leads where the alias does', () => {
    const id = directory.strangersId('#ops:example.org');
    expect(id).toMatch(/^![A-Za-z0-9_-]{43}$/);
    expect(directory.strangersId('%23ops%3Aexample.org')).toBe(id);
    expect(directory.find(id)).toEqual([ops, second]);
    expect(directory.find(`${id}:appended`)).toEqual([ops, second]);
    expect(directory.find(directory.strangersId('#fresh:gateway.example.org'))).toEqual([fresh]);
    const nowhere = directory.strangersId('#nowhere:example.org');
    expect(nowhere).toMatch(/^![A-Za-z0-9_-]{43}$/);
    expect(directory.find(nowhere)).toEqual([]);
    const empty = { destinations: [], known: [], sha256, serverNames: [] };
    expect(createRoomDirectory(empty).strangersId('#ops:example.org')).toBe(id);
  });

  it('names lanes as the configuration does', () => {
    expect(directory.nameOf('bot', '#ops:example.org')).toBe('ops-by-bot');
    expect(directory.nameOf('main', '#gone:example.org')).toBeUndefined();
  });

  it('takes any text', () => {
    fc.assert(
      fc.property(anyText, (named) => {
        directory.find(named);
      }),
    );
  });
});

describe('choosing rooms', () => {
  const rules: RoutingRules = {
    defaultRooms: ['ops', 'old'],
    allowed: ['ops-by-bot', 'fresh'],
    origins: { backup: 'moved' },
  };
  const choose = (choice: { rooms?: string[]; origin?: string }) =>
    chooseRooms(rules, directory, choice);

  it('uses the default rooms when none is named', () => {
    expect(choose({})).toEqual({ ok: true, destinations: [ops, old] });
    expect(choose({ rooms: [] })).toEqual({ ok: true, destinations: [ops, old] });
  });

  it("uses the origin's room instead of the default, and nothing inherited", () => {
    expect(choose({ origin: 'backup' })).toEqual({ ok: true, destinations: [moved] });
    expect(choose({ origin: 'toString' })).toEqual({ ok: true, destinations: [ops, old] });
  });

  it('prefers the named rooms, each once', () => {
    expect(choose({ rooms: ['fresh', v12, 'fresh'], origin: 'backup' })).toEqual({
      ok: true,
      destinations: [fresh],
    });
  });

  it('takes two names of one room for one', () => {
    const again = { ...fresh, name: 'fresh-again' };
    const twice = createRoomDirectory({
      destinations: [fresh, again],
      known: [],
      sha256: () => Buffer.alloc(32),
      serverNames: [],
    });
    const names = ['fresh', 'fresh-again'];
    const both: RoutingRules = { defaultRooms: names, allowed: names, origins: {} };
    const once = { ok: true, destinations: [fresh] };
    expect(chooseRooms(both, twice, {})).toEqual(once);
    expect(chooseRooms(both, twice, { rooms: names })).toEqual(once);
  });

  it('takes of several accounts in a room the one that is allowed', () => {
    expect(choose({ rooms: ['#ops:example.org'] })).toEqual({ ok: true, destinations: [second] });
  });

  it('refuses the whole call for one room outside the list, and for one that is not configured', () => {
    expect(choose({ rooms: ['fresh', 'old'] })).toEqual({
      ok: false,
      refused: 'forbidden',
      room: 'old',
    });
    expect(choose({ rooms: ['nowhere'] })).toEqual({
      ok: false,
      refused: 'unknown',
      room: 'nowhere',
    });
  });

  it('says so when there is no room at all', () => {
    const bare = { ...rules, defaultRooms: [] };
    expect(chooseRooms(bare, directory, {})).toEqual({
      ok: false,
      refused: 'none',
      room: undefined,
    });
  });
});

describe('a payload that says `room`', () => {
  const rules: RoutingRules = { defaultRooms: ['ops'], allowed: ['ops', 'old'], origins: {} };
  const unasked = createRoomDirectory({
    destinations: [ops, old, moved],
    known: [],
    serverNames: ['example.org'],
    isComplete: false,
    sha256,
  });

  it.each([
    ['ops', true],
    ['#ops:example.org', true],
    ['!abc:example.org', true],
    ['moved', false],
    ['kitchen', false],
    ['#moved:example.org', true],
    ['#kitchen:example.org', false],
    ['!kitchen:example.org', false],
  ])('%s means one: %s', (text, means) => {
    expect(meansRoom(rules, directory, text)).toBe(means);
  });

  it.each([
    ['!kitchen:example.org', true],
    [v12, true],
    ['!!! kitchen', false],
    ['!wow', false],
    ['#kitchen:example.org', false],
  ])('%s may mean one while not all are known: %s', (text, means) => {
    expect(meansRoom(rules, unasked, text)).toBe(means);
  });
});

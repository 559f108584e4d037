import { expect, it } from 'vitest';
import { levelToSend, powerOf, roomVersionOf } from './power.ts';

const bot = '@bot:example.org';
const anna = '@anna:example.org';
const create = { sender: bot, content: { room_version: '12', additional_creators: [anna] } };
const levels = { users: { [anna]: 50 }, users_default: 5 };

it('creators of a room of version 12 stand above every level', () => {
  expect(powerOf(bot, levels, create, '12')).toBe(Number.POSITIVE_INFINITY);
  expect(powerOf(anna, undefined, create, '12')).toBe(Number.POSITIVE_INFINITY);
  expect(powerOf(bot, levels, create, 'org.matrix.hydra.11')).toBe(Number.POSITIVE_INFINITY);
  expect(powerOf('@else:example.org', levels, create, '12')).toBe(5);
});

it('before version 12 creators have what the levels give them', () => {
  expect(powerOf(bot, levels, create, '11')).toBe(5);
  expect(powerOf(anna, levels, create, '10')).toBe(50);
  expect(powerOf(bot, { users: { [bot]: 100 } }, create, 'org.matrix.msc3757.11')).toBe(100);
});

it('without power levels the creator has 100 and everybody else nothing', () => {
  expect(powerOf(bot, undefined, create, '11')).toBe(100);
  expect(powerOf(anna, undefined, create, '11')).toBe(0);
  expect(powerOf(anna, undefined, { sender: bot, content: { creator: anna } }, '10')).toBe(100);
});

it('levels written as text count, nonsense does not', () => {
  expect(powerOf(bot, { users: { [bot]: ' 100 ' } }, create, '9')).toBe(100);
  expect(powerOf(bot, { users: { [bot]: {} }, users_default: 1 }, create, '9')).toBe(1);
  expect(powerOf(bot, { users: [] }, create, '9')).toBe(0);
  expect(powerOf('constructor', { users: {} }, create, '9')).toBe(0);
});

it('an event needs its own level, else the default of its kind', () => {
  const set = { events: { 'm.room.name': 60 }, events_default: 10, state_default: 70 };
  expect(levelToSend('m.room.name', true, set)).toBe(60);
  expect(levelToSend('m.room.topic', true, set)).toBe(70);
  expect(levelToSend('m.room.message', false, set)).toBe(10);
  expect(levelToSend('m.room.message', false, {})).toBe(0);
  expect(levelToSend('m.room.topic', true, {})).toBe(50);
  expect(levelToSend('m.room.message', false, undefined)).toBe(0);
});

it('a room that names no version is of version 1', () => {
  expect(roomVersionOf({ sender: bot, content: {} })).toBe('1');
  expect(roomVersionOf(create)).toBe('12');
});

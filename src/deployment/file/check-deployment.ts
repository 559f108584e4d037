import type { DesiredDeployment, DesiredRoom, WantedLevels } from '../desired.ts';
import { botLevel } from '../levels/power.ts';
import type { Place, ProblemSink } from './file-problem.ts';

/** Reports what is wrong with a deployment although each of its values is right. */
export function checkDeployment(deployment: DesiredDeployment, sink: ProblemSink): void {
  const space = deployment.rooms.find((room) => room.kind === 'space');
  for (const room of deployment.rooms) {
    const path: Place = room.kind === 'space' ? ['space'] : ['rooms', room.key];
    if (room.kind === 'room' && room.key === space?.key) sink.report(path, "is the space's key");
    checkRoom(room, { deployment, path, sink, hasSpace: space !== undefined });
  }
  checkAliases(deployment, sink);
  checkRoles(deployment, sink);
}

function checkAliases({ rooms }: DesiredDeployment, sink: ProblemSink): void {
  const owners = new Map<string, string>();
  for (const room of rooms) {
    for (const { alias, path } of aliasesOf(room)) {
      const other = owners.get(alias);
      if (other !== undefined)
        sink.report(path, `is there twice, or an alias of ${other}: ${alias}`);
      owners.set(alias, room.key);
    }
  }
}

function aliasesOf({ kind, key, alias, aliases }: DesiredRoom) {
  const path: Place = kind === 'space' ? ['space'] : ['rooms', key];
  const further = aliases.map((one, index) => ({ alias: one, path: [...path, 'aliases', index] }));
  return alias === undefined ? further : [{ alias, path: [...path, 'alias'] }, ...further];
}

interface RoomCheck {
  readonly deployment: DesiredDeployment;
  readonly path: Place;
  readonly sink: ProblemSink;
  readonly hasSpace: boolean;
}

function checkRoom(room: DesiredRoom, { deployment, path, sink, hasSpace }: RoomCheck): void {
  if (!hasSpace && room.joinRule.value.endsWith('restricted')) {
    sink.report([...path, 'join_rule'], 'lets in who is in the space, and there is no space');
  }
  if (room.pinned !== undefined && room.encryption.value) {
    sink.report([...path, 'pinned'], 'needs encryption: false; the bot posts it in clear');
  }
  if (room.alias === undefined && room.aliases.length > 0) {
    sink.report([...path, 'aliases'], 'needs an alias to be beside');
  }
  if (room.acl !== undefined && !admits(room.acl.value, deployment.serverName)) {
    sink.report([...path, 'acl'], `shuts out ${deployment.serverName} itself, for ever`);
  }
  checkLevels(room.levels.value, [...path, 'power_levels'], sink);
  for (const [userId] of room.levels.value.users) {
    if (userId === `@${deployment.bot.username}:${deployment.serverName}`) {
      sink.report([...path, 'power_levels', 'users', userId], 'is the bot, whose level is fixed');
    }
  }
}

/** What takes more power than the bot's shuts it out, and whoever has as much can never be demoted. */
function checkLevels({ defaults, events, users }: WantedLevels, path: Place, sink: ProblemSink) {
  for (const [name, level] of defaults) {
    if (name === 'users_default') checkGiven(level, [...path, name], sink);
    else checkTaken(level, [...path, name], sink);
  }
  for (const [type, level] of events) checkTaken(level, [...path, 'events', type], sink);
  for (const [userId, level] of users) checkGiven(level, [...path, 'users', userId], sink);
}

function checkTaken(level: number, path: Place, sink: ProblemSink): void {
  if (level > botLevel) sink.report(path, `must be at most ${botLevel}, the bot's own level`);
}

function checkGiven(level: number, path: Place, sink: ProblemSink): void {
  if (level >= botLevel) sink.report(path, `must be below ${botLevel}, the bot's own level`);
}

/** Whether a server may take part (Client-Server API "m.room.server_acl"); ports do not count. */
function admits(
  acl: { readonly allow: readonly string[]; readonly deny: readonly string[] },
  server: string,
): boolean {
  const host = server.replace(/:\d+$/, '');
  const matches = (pattern: string): boolean =>
    globMatches(pattern.toLowerCase(), host.toLowerCase());
  return acl.allow.some(matches) && !acl.deny.some(matches);
}

/** `*` stands for any characters, `?` for one; in time proportional to pattern times text. */
function globMatches(pattern: string, text: string): boolean {
  let reachable: readonly number[] = [0];
  for (const sign of pattern) {
    reachable = sign === '*' ? fromFirst(reachable, text) : stepOver(reachable, sign, text);
  }
  return reachable.includes(text.length);
}

function fromFirst(reachable: readonly number[], text: string): number[] {
  const first = reachable[0];
  if (first === undefined) return [];
  return Array.from({ length: text.length - first + 1 }, (_, index) => first + index);
}

function stepOver(reachable: readonly number[], sign: string, text: string): number[] {
  const isTaken = (at: number): boolean =>
    at < text.length && (sign === '?' || sign === text.charAt(at));
  return reachable.filter(isTaken).map((at) => at + 1);
}

function checkRoles(deployment: DesiredDeployment, sink: ProblemSink): void {
  const keys = new Set(deployment.rooms.map((room) => room.key));
  for (const [name, role] of deployment.roles) {
    checkGiven(role.level, ['roles', name, 'level'], sink);
    role.rooms.forEach((key, index) => {
      if (!keys.has(key))
        sink.report(['roles', name, 'rooms', index], `${key} is no room of the file`);
    });
  }
}

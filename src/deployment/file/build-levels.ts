import { parseUserId, type UserId } from '../../matrix/ids.ts';
import type { WantedLevels } from '../desired.ts';
import { callLevels } from '../levels/call-levels.ts';
import { protectedLevels } from '../levels/server-protected-levels.ts';
import type { LevelsByName, LevelsContent, RoomContent } from './file-content.ts';
import type { Place, ProblemSink } from './file-problem.ts';

const defaultNames = [
  'users_default',
  'events_default',
  'state_default',
  'ban',
  'kick',
  'redact',
  'invite',
] as const;

/** The value of `power_levels` together with what `calls` means. */
export function buildLevels(
  levels: LevelsContent,
  calls: RoomContent['calls'],
  context: { readonly path: Place; readonly sink: ProblemSink },
): WantedLevels {
  const path = [...context.path, 'power_levels'];
  const events = levels.events ?? {};
  for (const [type, least] of protectedLevels) {
    const wanted = events[type];
    if (wanted !== undefined && wanted < least) {
      context.sink.report([...path, 'events', type], `must be at least ${least}`);
    }
  }
  return {
    defaults: new Map(
      defaultNames.flatMap((name) => {
        const level = levels[name];
        return level === undefined ? [] : [[name, level]];
      }),
    ),
    events: new Map([...callLevels(calls), ...Object.entries(events)]),
    users: usersOf(levels.users ?? {}, [...path, 'users'], context.sink),
    notifications: new Map(Object.entries(levels.notifications ?? {})),
  };
}

function usersOf(users: LevelsByName, path: Place, sink: ProblemSink): Map<UserId, number> {
  const levels = new Map<UserId, number>();
  for (const [name, level] of Object.entries(users)) {
    const userId = parseUserId(name);
    if (userId === undefined) sink.report([...path, name], 'must be a user id with its server');
    else levels.set(userId, level);
  }
  return levels;
}

import type { DesiredRoom } from '../desired.ts';
import { strongestLocal } from '../levels/gain-power.ts';
import type { RoomView } from '../observed/room-view.ts';
import type { EnterStep, Plan } from './plan.ts';
import type { PlanContext } from './plan-context.ts';

const whys = {
  ban: 'the bot is banned from it',
  leave: 'the bot is no longer in it',
  invite: 'the bot is invited',
  knock: 'the bot only knocked',
} as const;

/** The step that brings the bot into a room it is not in. */
export function planEntry(room: DesiredRoom, view: RoomView, context: PlanContext): Plan {
  const { botUserId, deployment } = context;
  const { key } = room;
  const membership = view.membershipOf(botUserId);
  const why =
    membership === undefined || membership === 'join' ? 'the bot is not in it' : whys[membership];
  const enter = (how: EnterStep['how']): Plan => ({
    steps: [{ kind: 'enter', key, roomId: view.roomId, how, why }],
    findings: [],
  });
  const isPublic = view.content('m.room.join_rules')?.['join_rule'] === 'public';
  if (membership === 'invite' || (isPublic && membership !== 'ban')) return enter('join');
  const strongest = strongestLocal(view, botUserId, deployment.serverName);
  const levels = view.powerLevels;
  const level = (act: string, otherwise: number): number => Number(levels?.[act] ?? otherwise);
  // Lifting a ban takes the power to kick as well (Client-Server API "Room membership").
  const toUnban = membership === 'ban' ? [level('ban', 50), level('kick', 50)] : [];
  const needed = Math.max(level('invite', 0), ...toUnban);
  if (strongest !== undefined && strongest.power >= needed) {
    return enter(membership === 'ban' ? 'unban' : 'invite');
  }
  const reason = `${sentence(why)}, and no member of this homeserver has the power to let it in.`;
  const wayOut =
    'Let somebody with power in the room invite the bot, or have another room made: set `if_taken: replace` and free the alias.';
  return { steps: [], findings: [{ kind: 'unfixable', key, field: undefined, reason, wayOut }] };
}

const sentence = (why: string): string => `${why.charAt(0).toUpperCase()}${why.slice(1)}`;

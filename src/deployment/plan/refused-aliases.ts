import type { RoomAlias } from '../../matrix/ids.ts';
import type { DesiredRoom } from '../desired.ts';
import { takenElsewhere } from '../observed/alias-owner.ts';
import { nothingFound } from '../observed/observed.ts';
import type { Finding } from './plan.ts';
import type { PlanContext } from './plan-context.ts';

/** The aliases of a room that lead elsewhere and may not be taken from there, each with the finding that says so. */
export function refusedAliases(
  room: DesiredRoom,
  { deployment, observed, botUserId }: PlanContext,
  roomId?: string,
): Map<RoomAlias, Finding> {
  const refused = new Map<RoomAlias, Finding>();
  const found = observed.rooms.get(room.key) ?? nothingFound;
  const claim = { room, observed: found, deploymentName: deployment.name, botUserId };
  for (const alias of room.alias === undefined ? room.aliases : [room.alias, ...room.aliases]) {
    const target = found.aliases.get(alias);
    if (target === undefined || target.roomId === roomId) continue;
    const taken = takenElsewhere(alias, target, claim);
    const { key } = room;
    if (taken !== undefined) {
      refused.set(alias, { kind: 'unfixable', key, field: 'alias', ...taken });
    }
  }
  return refused;
}

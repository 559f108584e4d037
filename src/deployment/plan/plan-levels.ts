import type { UserId } from '../../matrix/ids.ts';
import { type JsonObject, objectOf } from '../../matrix/json.ts';
import { levelToSend } from '../../matrix/power.ts';
import type { DesiredRoom } from '../desired.ts';
import {
  botLevel,
  describeChange,
  differences,
  type LevelChange,
  levelsAtCreation,
  levelsMerged,
  levelsWithUsers,
} from '../levels/power.ts';
import { withinPower } from '../levels/power-within.ts';
import { tombstoneLevelUnderCreators } from '../levels/server-protected-levels.ts';
import { markerType } from '../observed/marker.ts';
import type { RoomView } from '../observed/room-view.ts';
import type { Finding, Step } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import type { PlannedPart } from './planned-part.ts';
import { lacksPower } from './planned-part.ts';
import { unnamedLevels } from './unnamed-levels.ts';

const type = 'm.room.power_levels';
const field = 'power_levels';

/** What a room's power levels become, together with the levels that hold afterwards. */
export interface PlannedLevels extends PlannedPart {
  readonly after: JsonObject | undefined;
}

/** The one step that changes a room's power levels, as far as the bot's own power reaches. */
export function planLevels(room: DesiredRoom, view: RoomView, context: PlanContext): PlannedLevels {
  const { botUserId } = context;
  const found = view.powerLevels;
  const roomVersion = view.version;
  const isCreator = (userId: UserId): boolean => !Number.isFinite(view.powerOf(userId));
  const wanted =
    found === undefined
      ? levelsAtCreation(room, { roomVersion, botUserId })
      : withBotsPower(levelsMerged(room, found, isCreator), room, view, botUserId);
  const { drift } = room.levels;
  const { key } = room;
  const findings = unnamedLevels(room, view, wanted, context);
  const none = { steps: [], findings, blocked: [], after: found };
  const all = differences(found ?? {}, wanted);
  if (all.length === 0) return none;
  // Without any power levels a room is half made: then it is not somebody's wish that they are as they are.
  if (found !== undefined && drift !== 'enforce') {
    if (drift === 'ignore') return none;
    return { ...none, findings: [...all.map((one) => drifted(key, one)), ...findings] };
  }
  const power = view.powerOf(botUserId);
  if (power < levelToSend(type, true, found)) {
    const reason = `Power levels take more power than the bot's ${power}.`;
    return { ...none, blocked: [lacksPower(key, field, reason)] };
  }
  const { content, refused } = withinPower(power, botUserId, found, wanted);
  const blocked = refused.map((change) =>
    lacksPower(
      key,
      field,
      `The bot's power of ${power} does not reach to set ${describeChange(change)}.`,
    ),
  );
  const steps = stepFor(room, view, content);
  return { steps, findings, blocked, after: content };
}

/**
 * A bot that has its power from what everybody has keeps it: it could never give it back to itself. And nobody below it
 * may write whose the room is.
 */
function withBotsPower(
  wanted: JsonObject,
  { levels: { value, drift } }: DesiredRoom,
  view: RoomView,
  botUserId: UserId,
): JsonObject {
  const power = view.powerOf(botUserId);
  const isCreator = !Number.isFinite(power);
  const own = objectOf(wanted['users'])?.[botUserId] ?? wanted['users_default'] ?? 0;
  const kept =
    !isCreator && Number(own) < power
      ? levelsWithUsers(wanted, new Map([[botUserId, power]]))
      : wanted;
  const least = isCreator ? tombstoneLevelUnderCreators : Math.min(power, botLevel);
  const isOpen = levelToSend(markerType, true, kept) < least && !value.events.has(markerType);
  if (drift !== 'enforce' || !isOpen) return kept;
  return { ...kept, events: { ...objectOf(kept['events']), [markerType]: least } };
}

function stepFor({ key }: DesiredRoom, view: RoomView, content: JsonObject): Step[] {
  const found = view.powerLevels;
  const changes = differences(found ?? {}, content);
  if (changes.length === 0) return [];
  const why = changes.map(describeChange).join(', ');
  const { roomId } = view;
  return [{ kind: 'set', key, why, field, roomId, type, stateKey: '', found, content }];
}

const drifted = (key: string, change: LevelChange): Finding => ({
  kind: 'drift',
  key,
  field,
  reason: `The file would have it set ${describeChange(change)}.`,
  wayOut: undefined,
});

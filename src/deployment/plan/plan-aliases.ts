import type { RoomAlias } from '../../matrix/ids.ts';
import type { JsonObject } from '../../matrix/json.ts';
import { textOf } from '../../matrix/json.ts';
import { levelToSend } from '../../matrix/power.ts';
import type { DesiredRoom } from '../desired.ts';
import type { RoomView } from '../observed/room-view.ts';
import type { Step } from './plan.ts';
import type { PlanContext } from './plan-context.ts';
import { lacksPower, type PlannedPart } from './planned-part.ts';
import { refusedAliases } from './refused-aliases.ts';

/** The steps that let the file's aliases lead to the room, and let the room name them. */
export function planAliases(
  room: DesiredRoom,
  view: RoomView,
  levels: JsonObject | undefined,
  context: PlanContext,
): PlannedPart {
  const { alias, aliases, key } = room;
  if (alias === undefined) return { steps: [], findings: [], blocked: [] };
  const refused = refusedAliases(room, context, view.roomId);
  const findings = [...refused.values()];
  const granted = [alias, ...aliases].filter((name) => !refused.has(name));
  const steps = granted.flatMap((name) => moved(name, room, view, context));
  const found = view.content('m.room.canonical_alias');
  const more = granted.filter((name) => name !== alias);
  // The homeserver takes no name that leads elsewhere.
  const content = refused.has(alias) ? undefined : named(found, alias, more);
  if (content === undefined) return { steps, findings, blocked: [] };
  const type = 'm.room.canonical_alias';
  const power = view.powerOf(context.botUserId);
  const needed = levelToSend(type, true, levels);
  if (view.powerLevels !== undefined && power < needed) {
    const reason = `It takes power ${needed} to name the alias, and the bot has ${power}.`;
    return { steps, findings, blocked: [lacksPower(key, 'alias', reason)] };
  }
  const why = 'the room does not name its alias';
  const { roomId } = view;
  const field = 'alias';
  steps.push({ kind: 'set', key, why, field, roomId, type, stateKey: '', found, content });
  return { steps, findings, blocked: [] };
}

function moved(
  alias: RoomAlias,
  { key }: DesiredRoom,
  { roomId }: RoomView,
  { observed }: PlanContext,
): Step[] {
  const leadsTo = observed.rooms.get(key)?.aliases.get(alias)?.roomId;
  if (leadsTo === roomId) return [];
  const put: Step = { kind: 'put_alias', key, alias, roomId, why: 'the alias leads nowhere' };
  if (leadsTo === undefined) return [put];
  const why = 'the alias leads to another room';
  return [
    { kind: 'free_alias', key, alias, roomId: leadsTo, why },
    { ...put, why },
  ];
}

/** What `m.room.canonical_alias` must say; undefined: it does. Aliases that others added are kept. */
function named(
  found: JsonObject | undefined,
  alias: RoomAlias,
  aliases: readonly RoomAlias[],
): JsonObject | undefined {
  const listed = found?.['alt_aliases'];
  const others: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const missing = aliases.filter((name) => !others.includes(name));
  if (textOf(found?.['alias']) === alias && missing.length === 0) return undefined;
  const all = [...others, ...missing];
  return all.length === 0 ? { alias } : { alias, alt_aliases: all };
}
